"""Resources: where a run configuration may say `dbt` and `rawg`.

The stages read their settings from the environment; what a run configuration gives comes first.
"""

import dagster as dg
from pydantic import Field


class RawgResource(dg.ConfigurableResource[None]):
    """The lake's bucket and the API key of one run; empty means: as the environment says."""

    bucket_name: str = Field(default="", description="DATA_LAKE_BUCKET of the stages.")
    rawg_api_key: str = Field(
        default="", description="RAWG_API_KEY of the extractor. Give it as {env: RAWG_API_KEY}."
    )

    def lake_environment(self) -> dict[str, str]:
        """What every stage gets: the lake."""
        return {"DATA_LAKE_BUCKET": self.bucket_name} if self.bucket_name else {}

    def environment(self) -> dict[str, str]:
        """What the extractor gets: the lake and the key."""
        key = {"RAWG_API_KEY": self.rawg_api_key} if self.rawg_api_key else {}
        return self.lake_environment() | key


class DbtResource(dg.ConfigurableResource[None]):
    """The usual settings of dbt in a run configuration.

    They are accepted and have no effect: the transformer brings its own dbt, project and profiles.
    """

    dbt_executable: str = "dbt"
    global_config_flags: list[str] = Field(default_factory=list)
    profiles_dir: str = ""
    project_dir: str = ""
