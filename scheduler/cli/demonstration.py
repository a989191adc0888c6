"""`cuofeng demo`: one alert from beginning to end, told on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.panel import Panel

from scheduler import alerts, clock, demo, jobs, preparation, publication
from scheduler.cli.progress import progress_of_job
from scheduler.cli.service import serve_on, tell_port
from scheduler.cli.show import console, show_schedule, show_statement
from scheduler.config import read_settings
from scheduler.domain.alert import Advice
from scheduler.domain.publication import Publication, SolveWork
from scheduler.domain.schedule import Schedule
from scheduler.export import write_csv, write_xlsx
from scheduler.inputs import Done, load_inputs
from scheduler.ports import listen
from scheduler.record.canonical import canonical, digest_of
from scheduler.store.database import Database
from scheduler.store.migrate import upgrade
from scheduler.wording import Words, words_of

if TYPE_CHECKING:
    from fixtures.liaoning import Case

ALERT = "liaoning-2015-11-06"
WORK = SolveWork(time_limit_s=300, deterministic_limit=20, seed=0, workers=2)
"""Counted work that two cores do in most of a minute; the clock only guards."""
NOTE = "情景推演 what-if: 2015-11, perfect foresight"
WHAT_IF = """\
What if Liaoning's key enterprises had been scheduled in November 2015? Real: the air measured in
Shenyang (daily means 169, 347, 811, 335, 177 ug/m3 on 6-10 November) and the road network.
Later: the registry and the rule set. Assumed: the declared levels. The observations stand in for
the forecast issued on 2015-11-05 20:00: perfect foresight."""


class Demonstration:
    """Loads, advises, declares, plans, checks, publishes, shows; says what it found done."""

    def __init__(self) -> None:
        self._settings = read_settings()
        self._out = console()
        self._database = Database(self._settings.database_url)

    def run(self, *, serve: bool) -> None:
        began_s = clock.stopwatch_s()
        self._out.print(Panel(WHAT_IF, title="错峰 cuofeng: a what-if", expand=False))
        form = upgrade(self._database)
        address = self._database.engine.url.render_as_string(hide_password=True)
        self._out.print(f"Database {address}, tables in form {form}")
        case = self._load()
        self._show_levels(case)
        published, schedule = self._plan(case)
        with self._database.reading() as session:
            words = words_of(session)
        show_schedule(self._out, schedule, words.name_of("en"))
        self._export(schedule, words)
        keys = self._keys(schedule)
        self._database.close()
        self._out.print(f"Done in {clock.stopwatch_s() - began_s:.0f} s.")
        if serve:
            self._serve(keys, published)

    def _say(self, done: Done) -> None:
        self._out.print(f"  {done}")

    def _load(self) -> Case:
        from fixtures.liaoning import load_case

        case = load_case()
        issued = case.forecast.rule.issued_at
        with self._database.writing() as session:
            for done in load_inputs(session, case, issued):
                self._say(done)
            advice = Advice(
                id=f"{case.advice.city}-{digest_of(canonical(case.advice))[:12]}",
                rule_set=case.rule_set,
                forecast=digest_of(canonical(case.forecast)),
                areas=(case.advice,),
                known_at=issued,
            )
            alerts.keep_advice(session, advice)
            _, done = demo.keep_alert(session, ALERT, case.statement, issued)
            self._say(done)
        return case

    def _show_levels(self, case: Case) -> None:
        told = case.advice
        self._out.print(f"\nAdvised for {told.city}: {told.level or 'no level'} ({told.clause})")
        self._out.print(f"  {told.values}")
        show_statement(self._out, case.statement)

    def _plan(self, case: Case) -> tuple[Publication, Schedule]:
        with self._database.writing() as session:
            request = preparation.ask(session, ALERT, case.grid, case.published_slots, WORK)
            job, done = demo.job_for(session, request)
            self._say(done)
        if not job.state.is_over:
            with progress_of_job() as show:
                demo.work_on(self._settings, self._database, job.id, show)
        with self._database.writing() as session:
            published, done = demo.publish_once(
                session,
                jobs.get_job(session, job.id).id,
                in_force_from=case.statement.starts_at,
                by=case.statement.declared_by,
                known_at=case.forecast.rule.issued_at,
            )
            self._say(done)
            if published.override is not None:
                self._out.print(f"  not repeatable, published by override: {published.override}")
            self._out.print("  checked: every law holds\n")
            return published, publication.schedule_of_plan(session, job.id)

    def _export(self, schedule: Schedule, words: Words) -> None:
        folder = self._settings.var_dir / "demo"
        files = write_csv(schedule, folder, words)
        write_xlsx(schedule, folder / "schedule.xlsx", words)
        self._out.print(f"Written: {folder / 'schedule.xlsx'} and {len(files)} CSV files beside it")

    def _keys(self, schedule: Schedule) -> demo.DemoKeys:
        busiest = max(schedule.plants, key=lambda plant: (plant.planned_trips, plant.card.plant))
        path = Path(self._settings.var_dir) / demo.KEYS_FILE
        with self._database.writing() as session:
            keys, done = demo.keys_once(session, path, busiest.card.enterprise)
        self._out.print(str(done))
        return keys

    def _serve(self, keys: demo.DemoKeys, published: Publication) -> None:
        settings = self._settings
        bound = listen(settings.host, settings.port)
        at = quote(clock.local(published.in_force_from).isoformat())
        name, port = bound.getsockname()[:2]
        base = f"http://{name}:{port}"
        for who, key, path in (
            (f"enterprise {keys.enterprise_id}", keys.enterprise, f"/v1/me/windows?at={at}"),
            ("bureau", keys.bureau, "/v1/publications"),
            ("auditor", keys.auditor, f"/v1/enterprises/{keys.enterprise_id}/windows?at={at}"),
        ):
            self._out.print(f"\nAs {who}:", soft_wrap=True)
            line = f"curl -H 'Authorization: Bearer {key}' '{base}{path}'"
            self._out.print(line, soft_wrap=True, markup=False)
        self._out.print(f"\nThe page at that time: {base}/?at={at}", soft_wrap=True)
        tell_port(bound, settings.port)
        serve_on(bound, settings.model_copy(update={"case_note": NOTE}))
