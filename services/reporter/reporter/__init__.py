"""The reporter: published marts -> one page of HTML that answers questions of the market."""
