"""Rows that no law needs but every search does: whole trips against whole units of output.

Over the horizon a stream's trips and its process's lost output together cover what normal working
asks for. Both are whole numbers and a trip carries a load of its own, so rounding pays: from
`payload * n + per_unit * lost >= b` follows, with r = b mod payload > 0 (mixed-integer rounding),
`r * n + u * lost >= r * ceil(b / payload)`, where u is `r * (per_unit // payload)` and
`min(per_unit mod payload, r)`.
"""

from __future__ import annotations

from functools import partial

from solver.block import Block
from solver.instance import Process, Stock, Stream
from solver.laws import fixed_moves_kg, level_bounds, whole
from solver.linear import Expression, Terms


def add_totals(block: Block) -> None:
    """One variable for a stream's trips and one for a process's loss, tied by rounded rows."""
    lost = {process.id: _lost(block, process) for process in block.plant.processes}
    for stock in block.plant.stocks:
        streams = [s for s in block.plant.streams if s.stock == stock.id]
        users = [
            (process, item)
            for process in block.plant.processes
            for item in process.recipe
            if item.stock == stock.id
        ]
        if len(streams) != 1 or len(users) != 1:
            continue
        (stream,), ((process, item),) = streams, users
        if (item.consumes_kg > 0) == (stream.direction == "in"):
            per_unit = item.consumes_kg + item.produces_kg
            _tie(block, stock, stream, per_unit, lost[process.id])


def _lost(block: Block, process: Process) -> int:
    """Units lost over the horizon, the breach of end stocks included, as one variable."""
    permitted = block.derived.permitted[process.id]
    breach = block.breach.get(process.id)
    most = sum(permitted) + (0 if breach is None else block.rows.upper[breach])
    lost = block.rows.variable(0, most)
    terms: Terms = [(1, lost)]
    terms += [(1, block.rate[process.id, i]) for i in range(len(permitted))]
    if breach is not None:
        terms.append((-1, breach))
    total = sum(permitted)
    made = Expression(terms[1:], -total)
    block.settlers.append(partial(_settle_lost, lost, made))
    block.rows.row(terms, total, total, "output_shortfall", f"process {process.id}, lost")
    return lost


def _settle_lost(lost: int, less: Expression, values: list[int]) -> None:
    values[lost] = -less.value(values)


def _tie(block: Block, stock: Stock, stream: Stream, per_unit: int, lost: int) -> None:
    derived = block.derived
    (process,) = (p for p in block.plant.processes if any(i.stock == stock.id for i in p.recipe))
    made = per_unit * sum(derived.permitted[process.id])
    low, high = level_bounds(block, stock)
    fixed = sum(fixed_moves_kg(block, stock))
    if stream.direction == "in":
        end = max(low[-1], min(stock.end_min_kg or 0, high[-1]))
        asked = end - stock.now_kg - fixed - sum(stock.arrivals_kg) + made
    else:
        end = high[-1] if stock.end_max_kg is None else min(high[-1], stock.end_max_kg)
        asked = stock.now_kg + fixed - sum(stock.dispatches_kg) + made - end
    trips: Terms = []
    for (leg, _), variable in block.own.items():
        if derived.legs[leg].stream is stream:
            trips.append((1, variable))
    total = whole(block, trips, "stock_balance", f"trips of stream {stream.id}")
    if not total or asked <= 0:
        return
    where = f"stream {stream.id}, whole horizon"
    payload = stream.payload_kg
    block.rows.row([(payload, total[0][1]), (per_unit, lost)], asked, None, "stock_balance", where)
    rest = asked % payload
    if rest:
        rounded = rest * (-(-asked // payload))
        loads, over = divmod(per_unit, payload)
        block.rows.row(
            [(rest, total[0][1]), (rest * loads + min(over, rest), lost)],
            rounded,
            None,
            "stock_balance",
            f"{where}, rounded",
        )
