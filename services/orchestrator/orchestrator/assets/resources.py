"""Resources: where a run configuration may say `dbt` and `rawg`.

The stages read their settings from the environment; what a run configuration gives comes first.
"""

import dagster as dg
from pydantic import Field


class EnvironmentVariable(dg.Config):
    """A secret in a run configuration: `{env: NAME}`, which Dagster stores as it stands.

    A plain text in its place is refused: it would stay in Dagster's storage.
    """

    env: str = Field(description="The variable's name.")

    def read(self) -> str:
        """Its value; Failure when it is not set. The name is not repeated: it may be a secret."""
        value = dg.EnvVar(self.env).get_value()
        if value is None:
            raise dg.Failure(
                "The run configuration takes a secret from an environment variable that is not "
                "set here: check the name behind `env`, and set it where Dagster runs.",
                allow_retries=False,
            )
        return value


class RawgResource(dg.ConfigurableResource[None]):
    """The lake's bucket and the API key of one run; empty means: as the environment says."""

    bucket_name: str = Field(default="", description="DATA_LAKE_BUCKET of the stages.")
    rawg_api_key: EnvironmentVariable | None = Field(
        default=None, description="RAWG_API_KEY of the extractor, always as {env: RAWG_API_KEY}."
    )

    def lake_environment(self) -> dict[str, str]:
        """What every stage gets: the lake."""
        return {"DATA_LAKE_BUCKET": self.bucket_name} if self.bucket_name else {}

    def environment(self) -> dict[str, str]:
        """What the extractor gets: the lake and the key."""
        key = self.rawg_api_key.read() if self.rawg_api_key else ""
        return self.lake_environment() | ({"RAWG_API_KEY": key} if key else {})


class DbtResource(dg.ConfigurableResource[None]):
    """The usual settings of dbt in a run configuration.

    They are accepted and have no effect: the transformer brings its own dbt, project and profiles.
    """

    dbt_executable: str = "dbt"
    global_config_flags: list[str] = Field(default_factory=list)
    profiles_dir: str = ""
    project_dir: str = ""
