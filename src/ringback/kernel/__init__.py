"""Value types that every noun uses. Standard library only; knows nothing of calls, HTTP or databases."""
