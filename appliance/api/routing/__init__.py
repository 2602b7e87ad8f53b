"""Routes from functions: what each needs of a request, how it answers, and what is wrong with a request."""
