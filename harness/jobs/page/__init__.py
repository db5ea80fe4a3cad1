"""The page that people show each other: every report in one file of HTML, which needs no network and no server."""
