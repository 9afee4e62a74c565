import asyncio

import pytest

from depot.jobs import Debounce, JobQueue, Throttle, gather_limited


class Recorder:
    """Makes jobs that note when they run."""

    def __init__(self):
        self.ran = []
        self.running = 0
        self.most = 0

    def job(self, name, fails=0, result=None):
        left = {"fails": fails}

        async def work():
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(0)
            self.running -= 1
            self.ran.append(name)
            if left["fails"]:
                left["fails"] -= 1
                raise RuntimeError(f"{name} broke")
            return result

        return work


@pytest.fixture
def recorder():
    return Recorder()


def run(queue):
    return asyncio.run(queue.run())


def test_runs_everything(recorder):
    queue = JobQueue()
    job = queue.add("a", recorder.job("a", result=42))
    queue.add("b", recorder.job("b"))
    summary = run(queue)
    assert sorted(summary.done) == ["a", "b"]
    assert summary.ok
    assert (job.state, job.result, job.attempts) == ("done", 42, 1)
    assert len(queue) == 0


def test_priority_then_order(recorder):
    queue = JobQueue(workers=1)
    for name, priority in [("late", 20), ("first", 1), ("b", 10), ("a", 10)]:
        queue.add(name, recorder.job(name), priority=priority)
    run(queue)
    assert recorder.ran == ["first", "b", "a", "late"]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_no_more_than_workers_at_a_time(recorder, workers):
    queue = JobQueue(workers)
    for number in range(7):
        queue.add(str(number), recorder.job(str(number)))
    run(queue)
    assert recorder.most == workers


def test_retries(recorder):
    queue = JobQueue()
    job = queue.add("a", recorder.job("a", fails=2), retries=2)
    assert run(queue).ok
    assert job.attempts == 3
    assert job.error is None


def test_failure(recorder):
    queue = JobQueue()
    job = queue.add("a", recorder.job("a", fails=5), retries=1)
    queue.add("b", recorder.job("b"))
    summary = run(queue)
    assert summary.failed == {"a": "a broke"}
    assert summary.done == ["b"]
    assert not summary.ok
    assert job.attempts == 2


def test_needs_run_first(recorder):
    queue = JobQueue(workers=3)
    queue.add("base", recorder.job("base"), priority=50)
    queue.add("top", recorder.job("top"), priority=1, needs=["base"])
    assert run(queue).done == ["base", "top"]
    assert recorder.ran == ["base", "top"]


def test_what_needs_a_failed_job_is_skipped(recorder):
    queue = JobQueue()
    queue.add("a", recorder.job("a", fails=1))
    queue.add("b", recorder.job("b"), needs=["a"])
    queue.add("c", recorder.job("c"), needs=["b"])
    queue.add("d", recorder.job("d"))
    summary = run(queue)
    assert recorder.ran == ["a", "d"]
    assert summary.skipped == ["b", "c"]
    assert summary.done == ["d"]


def test_unknown_needs():
    with pytest.raises(ValueError, match="unknown 'x'"):
        JobQueue().add("a", None, needs=["x"])


def test_names_are_given_once(recorder):
    queue = JobQueue()
    queue.add("a", recorder.job("a"))
    with pytest.raises(ValueError, match="already"):
        queue.add("a", recorder.job("a"))


def test_cancel(recorder):
    queue = JobQueue()
    queue.add("a", recorder.job("a"))
    queue.add("b", recorder.job("b"), needs=["a"])
    assert queue.cancel("a")
    assert not queue.cancel("a")
    assert not queue.cancel("nothing")
    summary = run(queue)
    assert recorder.ran == []
    assert summary.skipped == ["b"]


def test_cancel_keeps_the_order(recorder):
    queue = JobQueue(workers=1)
    for priority in (1, 5, 2, 6, 7, 3, 4):
        queue.add(str(priority), recorder.job(str(priority)), priority=priority)
    queue.cancel("1")
    run(queue)
    assert recorder.ran == ["2", "3", "4", "5", "6", "7"]


def test_timeout():
    async def hang():
        await asyncio.Event().wait()

    queue = JobQueue()
    job = queue.add("a", hang, timeout=0.01, retries=1)
    summary = run(queue)
    assert summary.failed == {"a": "took longer than 0.01 s"}
    assert job.attempts == 2


def test_workers_are_checked():
    with pytest.raises(ValueError):
        JobQueue(0)


def test_gather_limited(recorder):
    works = [recorder.job(str(number), result=number) for number in range(6)]
    assert asyncio.run(gather_limited(works, 2)) == [0, 1, 2, 3, 4, 5]
    assert recorder.most == 2


def test_throttle(clock):
    throttle = Throttle(2, 10, clock)
    assert throttle.try_call()
    clock.advance(4)
    assert throttle.try_call()
    assert not throttle.try_call()
    assert throttle.wait_time() == 6
    clock.advance(6)
    assert throttle.try_call()
    assert throttle.wait_time() == 4


def test_refused_calls_do_not_count(clock):
    throttle = Throttle(1, 10, clock)
    throttle.try_call()
    clock.advance(9)
    assert not throttle.try_call()
    clock.advance(1)
    assert throttle.try_call()


def test_debounce_acts_on_the_last():
    seen = []

    async def act(value):
        seen.append(value)

    async def scenario():
        debounce = Debounce(0.001, act)
        debounce.trigger(1)
        debounce.trigger(2)
        debounce.trigger(3)
        await debounce.flush()
        debounce.trigger(4)
        await debounce.flush()
        await debounce.flush()

    asyncio.run(scenario())
    assert seen == [3, 4]
