# The stand-in of python:3.12-slim and 3.9-slim: the interpreter below /usr/local, without pip and headers.
FROM game-market-stand-in/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
        libssl3 libffi8 libsqlite3-0 libbz2-1.0 liblzma5 libreadline8 libexpat1 zlib1g >/dev/null \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY . /usr/local/
RUN ldconfig
