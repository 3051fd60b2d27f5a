/**
 * A function of the schema: whether a query about the rows from one place to another runs without an error in their data.
 * Its arguments are the query, whose parameters are the others, the first place, the last place, and a pattern or null.
 */
export const CAN_EVALUATE = 'millrace.can_evaluate';
