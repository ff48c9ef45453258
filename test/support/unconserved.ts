/** Holdings whose grams are not the sum of the facts, or which are below what they may be: none, ever. */
export const UNCONSERVED = `
  with moves as (
    select id as lot, producer as owner, grams from lot
    union all select lot, receiver, grams from transfer where retracted_by is null
    union all select lot, sender, -grams from transfer where retracted_by is null
    union all select input, holder, -grams from lot_input where retracted_by is null
    union all select lot, holder, -grams from lot_adjustment where retracted_by is null
  ), sums as (select lot, owner, sum(grams) as grams from moves group by lot, owner)
  select * from sums s full join holding h on h.lot = s.lot and h.owner = s.owner
  where coalesce(s.grams, 0) <> coalesce(h.grams, 0) or h.grams < h.floor`;
