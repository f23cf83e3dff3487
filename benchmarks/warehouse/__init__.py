"""What the warehouse costs as history grows: `make bench-warehouse`."""
