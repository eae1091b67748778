"""A search for the best values of a recipe's keys: a space of values, trials that are runs, what they tell."""
