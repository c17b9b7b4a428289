"""How the store's tables came to be; run when a store is opened."""
