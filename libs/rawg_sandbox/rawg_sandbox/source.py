"""Where answers come from: the invented catalogue or recorded responses."""

from rawg_sandbox.recorded_source import RecordedSource
from rawg_sandbox.synthetic_source import SyntheticSource

type Source = SyntheticSource | RecordedSource
