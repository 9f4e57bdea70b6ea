"""The ledger: claimed once, finished once, given back, given up."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connection, transaction
from django.http import Http404
from django.utils import timezone

from projects import jobs, tasks
from projects.access import Access, resolve
from projects.jobs import ledger, registry
from projects.jobs import run as run_module
from projects.models import Job, JobStep, Membership, Project, Role, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def access() -> Access:
    user = User.objects.create_user("owner@jobs.example", "x" * 12, display_name="Owner")
    project = Project.objects.create(title="Jobs")
    Membership.objects.create(project=project, user=user, label="Owner", role=Role.OWNER)
    return resolve(user, project.pk)


@pytest.fixture
def kind() -> Iterator[Any]:
    """Register handlers for one test."""
    before = dict(registry._kinds)

    def register(handler: Any, *, queue: Any = "long", right: str | None = None) -> str:
        name = f"test_{len(registry._kinds)}"
        jobs.job(name, queue=queue, right=right)(handler)
        return name

    yield register
    registry._kinds.clear()
    registry._kinds.update(before)


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def grow_old(job: Job, seconds: float = 3600) -> None:
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))


def in_thread(work: Any) -> Any:
    """Run with a database connection of its own, as another process would."""
    answers: list[Any] = []

    def body() -> None:
        try:
            answers.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return answers[0]


def test_done_with_result_and_progress(access: Access, kind: Any) -> None:
    def handler(run: jobs.JobRun) -> dict[str, Any]:
        run.progress(3, 7, "reading")
        assert run.access().project == access.project
        return {"sources": run.params["n"] * 2}

    job = jobs.create(access, kind=kind(handler), params={"n": 21})
    assert (job.state, job.project, job.created_by) == ("queued", access.project, access.user)
    assert jobs.execute(job.pk) == "done"
    job = fresh(job)
    assert (job.state, job.result, job.attempts) == ("done", {"sources": 42}, 1)
    assert (job.progress_done, job.progress_total, job.phase) == (3, 7, "reading")
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.started_at <= job.finished_at


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_an_ended_job_is_not_run_again(access: Access, kind: Any, state: str) -> None:
    calls: list[int] = []
    job = jobs.create(access, kind=kind(lambda run: calls.append(1)))
    Job.objects.filter(pk=job.pk).update(state=state)
    assert jobs.execute(job.pk) == "not claimed"
    assert jobs.execute(job.pk + 1000) == "not claimed"
    assert calls == []


def test_two_runners_one_claim(access: Access, kind: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()
    calls: list[int] = []

    def handler(run: jobs.JobRun) -> None:
        calls.append(run.job_id)
        begun.set()
        assert go_on.wait(20)

    job = jobs.create(access, kind=kind(handler))
    outcomes: list[str] = []

    def runner() -> None:
        try:
            outcomes.append(jobs.execute(job.pk))
        finally:
            connection.close()

    first = threading.Thread(target=runner)
    first.start()
    assert begun.wait(20)
    others = [threading.Thread(target=runner) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(30)
    go_on.set()
    first.join(30)
    assert outcomes == ["not claimed"] * 3 + ["done"]
    assert calls == [job.pk]
    assert fresh(job).attempts == 1


def test_claims_at_the_same_instant(access: Access, kind: Any) -> None:
    job = jobs.create(access, kind=kind(lambda run: None))
    gate = threading.Barrier(4)
    claims: list[Any] = []

    def runner() -> None:
        try:
            connection.ensure_connection()
            gate.wait(20)
            claims.append(ledger.claim(job.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=runner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(claims) == 4
    assert sum(claim is not None for claim in claims) == 1


def test_cancel_before_it_runs(access: Access, kind: Any) -> None:
    calls: list[int] = []
    job = jobs.create(access, kind=kind(lambda run: calls.append(1)))
    assert jobs.request_cancel(access, job) is True
    assert jobs.execute(job.pk) == "not claimed"
    assert jobs.request_cancel(access, job) is False
    job = fresh(job)
    assert (job.state, job.message, calls) == ("cancelled", "Cancelled.", [])
    assert job.finished_at is not None


def test_cancel_while_it_runs_rolls_back(access: Access, kind: Any) -> None:
    def handler(run: jobs.JobRun) -> None:
        assert run.cancelled() is False
        assert in_thread(lambda: jobs.request_cancel(access, run.job)) is True
        with transaction.atomic():
            Project.objects.filter(pk=access.project.pk).update(title="Changed")
            assert run.cancelled() is True
            run.check()

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "cancelled"
    assert fresh(job).state == "cancelled"
    assert Project.objects.get().title == "Jobs"


def test_cancel_stops_at_the_next_progress(access: Access, kind: Any) -> None:
    reached: list[int] = []

    def handler(run: jobs.JobRun) -> None:
        jobs.request_cancel(access, run.job)
        for done in range(10):
            run.progress(done, 10)
            reached.append(done)

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "cancelled"
    assert reached == []


def test_a_cancel_that_comes_first_beats_the_mark(access: Access, kind: Any) -> None:
    def handler(run: jobs.JobRun) -> None:
        jobs.request_cancel(access, run.job)
        with transaction.atomic():
            Project.objects.filter(pk=access.project.pk).update(title="Changed")
            run.finish_with({"changed": 1})

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "cancelled"
    assert Project.objects.get().title == "Jobs"


def test_expected_failure_says_why(access: Access, kind: Any) -> None:
    def handler(run: jobs.JobRun) -> None:
        raise jobs.JobFailed("cases.csv, row 3: unknown case.", [{"file": "cases.csv", "row": 3}])

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "failed"
    job = fresh(job)
    assert (job.state, job.message) == ("failed", "cases.csv, row 3: unknown case.")
    assert job.problems == [{"file": "cases.csv", "row": 3}]


@pytest.mark.parametrize(
    ("error", "message", "problems"),
    [
        (ValidationError("The title is empty."), "The title is empty.", []),
        (
            ValidationError(["First.", "Second."]),
            "First.",
            [{"message": "First."}, {"message": "Second."}],
        ),
        (
            ValidationError({"title": ["Too long."]}),
            "Too long.",
            [{"field": "title", "message": "Too long."}],
        ),
    ],
)
def test_refused_data(
    access: Access, kind: Any, error: ValidationError, message: str, problems: list[Any]
) -> None:
    def handler(run: jobs.JobRun) -> None:
        raise error

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "failed"
    assert (fresh(job).message, fresh(job).problems) == (message, problems)


def test_unexpected_error_tells_no_words(
    access: Access, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(run: jobs.JobRun) -> None:
        try:
            raise KeyError("the coach never came back")
        except KeyError as error:
            raise RuntimeError("S01: the coach never came back") from error

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "failed"
    message = fresh(job).message
    assert message.startswith("Something went wrong on our side. Nothing was changed. (reference ")
    reference = message.rpartition(" ")[2].rstrip(")")
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "caused by KeyError" in caplog.text
    assert "in handler" in caplog.text
    # The line of code is in the log; the test's own line happens to hold the words, so look at
    # what the exceptions said apart from it.
    logged = [line for line in caplog.text.splitlines() if "raise " not in line]
    assert not [line for line in logged if "never came back" in line]


def test_somebody_without_access_any_more(access: Access, kind: Any) -> None:
    job = jobs.create(access, kind=kind(lambda run: {"role": run.access().role}))
    Membership.objects.update(ended_at=timezone.now())
    assert jobs.execute(job.pk) == "failed"
    assert fresh(job).message == (
        "The person who started this may no longer do it. Nothing was changed."
    )


def test_the_right_is_asked_for_twice(access: Access, kind: Any) -> None:
    name = kind(lambda run: {"role": run.access().role}, right="import_data")
    job = jobs.create(access, kind=name)
    Membership.objects.update(role=Role.CODER)
    assert jobs.execute(job.pk) == "failed"
    with pytest.raises(PermissionDenied):
        jobs.create(resolve(access.user, access.project.pk), kind=name)
    assert Job.objects.count() == 1


def test_only_own_jobs_can_be_cancelled(access: Access, kind: Any) -> None:
    job = jobs.create(access, kind=kind(lambda run: None))
    coder = User.objects.create_user("coder@jobs.example", "x" * 12, display_name="Coder")
    Membership.objects.create(project=access.project, user=coder, label="C", role=Role.CODER)
    with pytest.raises(PermissionDenied):
        jobs.request_cancel(resolve(coder, access.project.pk), job)
    other = Project.objects.create(title="Other")
    Membership.objects.create(project=other, user=coder, label="C", role=Role.OWNER)
    with pytest.raises(Http404):
        jobs.request_cancel(resolve(coder, other.pk), job)
    assert fresh(job).state == "queued"


def test_an_unknown_kind_fails_with_a_sentence(access: Access) -> None:
    job = Job.objects.create(project=access.project, created_by=access.user, kind="of_tomorrow")
    assert jobs.execute(job.pk) == "failed"
    assert fresh(job).message == (
        "This version of coachstudy does not know the work “of_tomorrow”."
    )
    with pytest.raises(jobs.UnknownKind):
        jobs.create(access, kind="of_tomorrow")


def test_a_silent_runner_is_replaced_once(access: Access, kind: Any) -> None:
    job = jobs.create(access, kind=kind(lambda run: {"attempt": run.attempt}))
    dead = ledger.claim(job.pk)
    assert dead is not None
    assert jobs.execute(job.pk) == "not claimed"  # it may still live
    grow_old(job, 29)
    assert jobs.execute(job.pk) == "not claimed"
    grow_old(job, 31)
    assert jobs.execute(job.pk) == "done"
    assert fresh(job).result == {"attempt": 2}
    # The first runner was only slow: whatever it writes now changes nothing.
    assert ledger.beat(dead) == (False, False)
    assert ledger.finish(dead, "failed", message="late") is False
    assert fresh(job).state == "done"


def test_a_slow_runner_that_lost_its_claim_rolls_back(access: Access, kind: Any) -> None:
    def handler(run: jobs.JobRun) -> dict[str, Any]:
        if run.attempt == 1:
            # Somebody else finds it silent and does the work meanwhile.
            grow_old(job)
            assert in_thread(lambda: jobs.execute(run.job_id)) == "done"
        with transaction.atomic():
            project = Project.objects.get(pk=access.project.pk)
            project.title += "!"
            project.save()
            run.finish_with({"attempt": run.attempt})
        return {"attempt": run.attempt}

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "claim lost"
    assert Project.objects.get().title == "Jobs!"
    assert fresh(job).result == {"attempt": 2}


def test_attempts_are_counted_and_end(access: Access, kind: Any, settings: Any) -> None:
    settings.JOB_ATTEMPTS = 2
    job = jobs.create(access, kind=kind(lambda run: None))
    for attempt in (1, 2):
        claim = ledger.claim(job.pk)
        assert claim is not None
        assert claim.attempt == attempt
        grow_old(job)
    assert ledger.claim(job.pk) is None
    assert ledger.sweep() == []
    job = fresh(job)
    assert (job.state, job.message) == (
        "failed",
        "The work stopped unexpectedly 2 times and was given up. You can start it again.",
    )
    assert jobs.request_retry(access, job) is True
    assert jobs.request_retry(access, job) is False
    assert jobs.execute(job.pk) == "done"
    assert (fresh(job).attempts, fresh(job).message) == (1, "")


def test_sweep_rings_for_the_silent_and_the_unheard(access: Access, kind: Any) -> None:
    name = kind(lambda run: None, queue="interactive")
    new, unheard, silent, living, unwanted = (jobs.create(access, kind=name) for _ in range(5))
    Job.objects.filter(pk=unheard.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    for job in (silent, living, unwanted):
        assert ledger.claim(job.pk) is not None
    for job in (silent, unwanted):
        grow_old(job)
    Job.objects.filter(pk=unwanted.pk).update(cancel_requested_at=timezone.now())
    assert ledger.sweep() == [(unheard.pk, "interactive"), (silent.pk, "interactive")]
    assert ledger.sweep() == []  # rung for a moment ago
    assert [fresh(job).state for job in (new, unheard, silent, living, unwanted)] == [
        "queued",
        "queued",
        "queued",
        "running",
        "cancelled",
    ]
    # At a worker's start everything that waits is rung for.
    assert [job_id for job_id, _ in ledger.sweep(bell_after=0)] == [new.pk, unheard.pk, silent.pk]


def test_sweep_does_not_flood_the_broker(access: Access, kind: Any) -> None:
    name = kind(lambda run: None)
    for _ in range(ledger.BELLS_PER_SWEEP + 5):
        jobs.create(access, kind=name)
    assert len(ledger.sweep(bell_after=0)) == ledger.BELLS_PER_SWEEP


def test_a_broker_that_is_away_leaves_the_job_waiting(
    access: Access, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**kwargs: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(tasks.run_job, "apply_async", away)
    with transaction.atomic():
        job = jobs.create(access, kind=kind(lambda run: None))
        tasks.enqueue(job)
    assert fresh(job).state == "queued"


def test_the_bell_rings_after_the_commit_and_not_after_a_rollback(
    access: Access, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda **kwargs: rung.append(kwargs))
    name = kind(lambda run: None, queue="interactive")
    with transaction.atomic():
        job = jobs.create(access, kind=name)
        tasks.enqueue(job)
        assert rung == []
    assert [(call["args"], call["queue"]) for call in rung] == [((job.pk,), "interactive")]
    with pytest.raises(RuntimeError), transaction.atomic():
        tasks.enqueue(jobs.create(access, kind=name))
        raise RuntimeError
    assert len(rung) == 1
    assert Job.objects.count() == 1


def test_progress_is_throttled(access: Access, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(run_module.time, "monotonic", lambda: clock[0])
    writes: list[int] = []
    beat = ledger.beat

    def counting(held: ledger.Claim, **fields: Any) -> tuple[bool, bool]:
        writes.append(fields["progress_done"])
        return beat(held, **fields)

    monkeypatch.setattr(run_module.ledger, "beat", counting)

    def handler(run: jobs.JobRun) -> None:
        for done in range(1, 101):
            clock[0] += 0.0625  # eight calls in half a second
            run.progress(done, 100)
        with transaction.atomic():
            clock[0] += 10
            run.progress(100, 100)
            run.progress(100, 100, "writing")
        run.progress(101, 102, "counting")  # a new phase is shown at once
        run.progress(102, 102, "counting")

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "done"
    assert writes == [1, 9, 17, 25, 33, 41, 49, 57, 65, 73, 81, 89, 97, 101]
    assert fresh(job).progress_done == 102  # the last one is never lost


def test_the_heart_beats_while_the_handler_is_silent(
    access: Access, kind: Any, settings: Any
) -> None:
    settings.JOB_STALE_SECONDS = 1
    seen: list[Any] = []

    def handler(run: jobs.JobRun) -> None:
        before = fresh(job).heartbeat_at
        waited = threading.Event()
        for _ in range(100):
            waited.wait(0.05)
            after = fresh(job).heartbeat_at
            if after != before:
                seen.append((before, after))
                return

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "done"
    assert len(seen) == 1
    assert threading.active_count() == 1 or not [
        thread for thread in threading.enumerate() if "_beat_until" in thread.name
    ]


def test_finish_with_is_atomic_with_the_effect(access: Access, kind: Any) -> None:
    def handler(run: jobs.JobRun) -> dict[str, Any]:
        with pytest.raises(RuntimeError, match="inside the transaction"):
            run.finish_with({})
        try:
            with transaction.atomic():
                Project.objects.filter(pk=access.project.pk).update(title="Lost")
                run.finish_with({"try": 1}, message="first")
                raise OSError("the disk is full")
        except OSError:
            pass
        assert fresh(job).state == "running"
        with transaction.atomic():
            Project.objects.filter(pk=access.project.pk).update(title="Kept")
            run.finish_with({"try": 2}, message="second")
        return {"try": "not this: the mark was made with the effect"}

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "done"
    job = fresh(job)
    assert (job.state, job.result, job.message) == ("done", {"try": 2}, "second")
    assert Project.objects.get().title == "Kept"


def test_killed_between_commit_and_return(access: Access, kind: Any) -> None:
    """The process dies after the commit: no later attempt does the work again."""

    class Killed(BaseException):
        pass

    def handler(run: jobs.JobRun) -> None:
        with transaction.atomic():
            project = Project.objects.get(pk=access.project.pk)
            project.title += "!"
            project.save()
            run.finish_with()
        raise Killed

    job = jobs.create(access, kind=kind(handler))
    with pytest.raises(Killed):
        jobs.execute(job.pk)
    grow_old(job)
    assert ledger.sweep() == []
    assert jobs.execute(job.pk) == "not claimed"
    assert Project.objects.get().title == "Jobs!"


def test_a_failing_database_gives_the_job_back(access: Access, kind: Any, settings: Any) -> None:
    settings.JOB_ATTEMPTS = 2

    def handler(run: jobs.JobRun) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "given back"
    assert fresh(job).state == "queued"
    assert ledger.sweep() == [(job.pk, "long")]
    assert jobs.execute(job.pk) == "failed"
    assert fresh(job).message.startswith("The work stopped unexpectedly 2 times")


def test_a_stopping_worker_gives_the_job_back(
    access: Access, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_stopping", threading.Event())

    def handler(run: jobs.JobRun) -> dict[str, Any]:
        if stop:
            jobs.stop_running_jobs()
        run.progress(1, 2)
        return {"attempt": run.attempt}

    job = jobs.create(access, kind=kind(handler))
    stop = True
    assert jobs.execute(job.pk) == "interrupted"
    assert (fresh(job).state, fresh(job).attempts) == ("queued", 0)
    monkeypatch.setattr(run_module, "_stopping", threading.Event())
    stop = False
    assert jobs.execute(job.pk) == "done"
    assert fresh(job).result == {"attempt": 1}


def test_steps_go_on_where_they_stopped(access: Access, kind: Any) -> None:
    worked: list[tuple[int, int]] = []

    def handler(run: jobs.JobRun) -> dict[str, Any]:
        for step in run.steps([{"source": name} for name in "abcd"]):
            worked.append((run.attempt, step.ordinal))
            with transaction.atomic():
                project = Project.objects.get(pk=access.project.pk)
                project.title += step.params["source"]
                project.save()
                step.finish_with({"source": step.params["source"].upper()})
                if run.attempt == 1 and step.ordinal == 2:
                    raise OperationalError("gone")
        return {"steps": 4}

    job = jobs.create(access, kind=kind(handler))
    assert jobs.execute(job.pk) == "given back"
    assert fresh(job).state == "queued"
    assert jobs.execute(job.pk) == "done"
    assert worked == [(1, 0), (1, 1), (1, 2), (2, 2), (2, 3)]
    assert Project.objects.get().title == "Jobsabcd"
    rows = JobStep.objects.order_by("ordinal").values_list("state", "attempts", "result")
    assert list(rows) == [
        ("done", 1, {"source": "A"}),
        ("done", 1, {"source": "B"}),
        ("done", 2, {"source": "C"}),
        ("done", 2, {"source": "D"}),
    ]
    assert (fresh(job).progress_done, fresh(job).progress_total) == (4, 4)


def test_a_kind_is_registered_once() -> None:
    def handler(run: jobs.JobRun) -> None: ...

    with pytest.raises(ValueError, match="queue must be one of"):
        jobs.job("test_wrong", queue="slow")(handler)  # type: ignore[arg-type]
