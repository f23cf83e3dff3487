# The MinIO image's stand-in.
FROM game-market-stand-in/debian
COPY minio mc /usr/bin/
EXPOSE 9000 9001
ENTRYPOINT ["/usr/bin/minio"]
