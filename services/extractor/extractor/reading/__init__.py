"""From a request to stored pages: lists, details, and the open generation that runs share."""
