"""Plans: several payments of one payer, one after another. Each instalment is an order of its own."""
