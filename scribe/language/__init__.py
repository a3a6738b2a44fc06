"""What words mean: sentences, clinical terms, negation, sides, quantities, drugs and doses. Rules and word lists
only."""
