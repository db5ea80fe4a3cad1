"""The page that people show each other, reports/index.html, part by part."""
