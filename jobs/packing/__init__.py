"""Documents of a run or table ordered, counted and written as packed rows and trainers' files."""
