"""Published classifiers made into graders without torch: the parts of `fetch-grader`."""
