"""The smallest change that would turn an answer: of each line of an explanation, and of the whole."""
