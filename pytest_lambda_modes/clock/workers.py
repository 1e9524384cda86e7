"""The worker threads that virtual time knows, and the work that waits for one of them."""

from __future__ import annotations

from _thread import RLock
from concurrent.futures import Future
from threading import Thread, get_ident
from typing import Any
from weakref import WeakKeyDictionary, ref

from pytest_lambda_modes.clock import real_waits
from pytest_lambda_modes.clock.host_modules import REAL_TIME
from pytest_lambda_modes.clock.worker import Task, Worker


class Workers:
    """Who they are, and whether one of them is at work. Whoever changes what is kept here holds the lock."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._live: list[Worker] = []
        self._of_thread: WeakKeyDictionary[Thread, Worker] = WeakKeyDictionary()
        self._by_ident: dict[int, Worker] = {}
        self._submitted: dict[Future[Any], Task] = {}
        self._number = 0

    def here(self) -> Worker | None:
        """The calling thread's."""
        return self._by_ident.get(get_ident())

    def of(self, thread: Thread) -> Worker | None:
        return self._of_thread.get(thread)

    def add(self, name: str, thread: Thread | None = None) -> Worker:
        with self.lock:
            self._number += 1
            worker = Worker(name, self._number)
            self._live.append(worker)
            if thread is not None:
                self._of_thread[thread] = worker
            return worker

    def begin(self, worker: Worker) -> None:
        """It runs, in the calling thread."""
        worker.ident = get_ident()
        self._by_ident[worker.ident] = worker

    def end(self, worker: Worker) -> None:
        with self.lock:
            worker.ended = True
            if worker.ident is not None:
                self._by_ident.pop(worker.ident, None)

    def hand_over(self, future: Future[Any], executor: Any) -> None:
        """Work was given to a pool."""
        self._number += 1
        self._submitted[future] = Task(ref(executor), self._number, REAL_TIME.monotonic())

    def take(self, future: Future[Any]) -> Task | None:
        """Work begins."""
        return self._submitted.pop(future, None)

    def forget_the_ended(self) -> bool:
        """Whether anybody, or any work, is left."""
        self._live = [worker for worker in self._live if not worker.ended]
        if not self._live and self._submitted:
            self._submitted = {future: task for future, task in self._submitted.items() if not future.done()}
        return bool(self._live or self._submitted)

    # What they are at

    def is_anybody_at_work(self) -> bool:
        with self.lock:
            return any(worker.is_at_work() for worker in self._live) or any(map(self._begins, self._submitted.items()))

    def _begins(self, submitted: tuple[Future[Any], Task]) -> bool:
        """Whether a piece of work is about to begin: there is a thread for it."""
        future, task = submitted
        executor = task.executor()
        if executor is None or future._state != "PENDING" or task.is_overdue():
            return False
        busy = sum(
            worker.executor is not None and worker.executor() is executor and not worker.idle for worker in self._live
        )
        return bool(busy < executor._max_workers)

    def might_come(self) -> bool:
        """Whether one of them could still do something, with nobody at work: it waits for something real."""
        with self.lock:
            return any(worker.might_come() for worker in self._live)

    def are_there_strangers(self) -> bool:
        """Whether threads run that virtual time knows nothing of, such as those that are older than the test."""
        return real_waits.others_run(lambda thread: thread.ident in self._by_ident or thread in self._of_thread)
