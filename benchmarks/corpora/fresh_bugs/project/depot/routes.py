"""Ways between places and the order of work: shortest routes, dependencies, tours."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from typing import DefaultDict, Deque, Dict, Hashable, Iterable, List, Mapping, Set, Tuple

Place = Hashable


class NoRoute(Exception):
    """There is no way between two places."""


class Cycle(Exception):
    """Tasks that wait for each other; ``path`` starts and ends with the same one."""

    def __init__(self, path: List[str]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


class RoadMap:
    """Places and roads with their lengths."""

    def __init__(self) -> None:
        self._roads: DefaultDict[str, Dict[str, float]] = defaultdict(dict)

    def road(self, a: str, b: str, length: float, one_way: bool = False) -> None:
        """Add a road; of several between the same places the shortest counts."""
        if length < 0:
            raise ValueError("a road cannot be shorter than nothing")
        self._roads[a][b] = min(length, self._roads[a].get(b, length))
        self._roads[b]
        if not one_way:
            self._roads[b][a] = min(length, self._roads[b].get(a, length))

    @property
    def places(self) -> List[str]:
        """All places, sorted."""
        return sorted(self._roads)

    def shortest(self, start: str, goal: str) -> Tuple[float, List[str]]:
        """Length and places of the shortest way (Dijkstra); raises :class:`NoRoute`."""
        best: Dict[str, float] = {start: 0}
        previous: Dict[str, str] = {}
        done: Set[str] = set()
        queue: List[Tuple[float, str]] = [(0, start)]
        while queue:
            length, place = heapq.heappop(queue)
            if place in done:
                continue
            done.add(place)
            if place == goal:
                path = [goal]
                while path[-1] != start:
                    path.append(previous[path[-1]])
                return length, path[::-1]
            for neighbour, road in self._roads.get(place, {}).items():
                candidate = length + road
                if neighbour not in best or candidate < best[neighbour]:
                    best[neighbour] = candidate
                    previous[neighbour] = place
                    heapq.heappush(queue, (candidate, neighbour))
        raise NoRoute(f"{start} -> {goal}")

    def within(self, start: str, stops: int) -> Set[str]:
        """Places that ``stops`` roads or fewer lead to, ``start`` left out."""
        depth: Dict[str, int] = {start: 0}
        queue: Deque[str] = deque([start])
        while queue:
            place = queue.popleft()
            if depth[place] == stops:
                continue
            for neighbour in self._roads.get(place, {}):
                if neighbour not in depth:
                    depth[neighbour] = depth[place] + 1
                    queue.append(neighbour)
        del depth[start]
        return set(depth)

    def tour(self, start: str, stops: Iterable[str]) -> Tuple[float, List[str]]:
        """A round trip that always goes to the nearest stop left; ties by name."""
        left = set(stops) - {start}
        here, length = start, 0.0
        order = [start]
        while left:
            distances = {stop: self.shortest(here, stop)[0] for stop in left}
            nearest = min(left, key=lambda stop: (distances[stop], stop))
            length += distances[nearest]
            order.append(nearest)
            left.remove(nearest)
            here = nearest
        if here != start:
            length += self.shortest(here, start)[0]
            order.append(start)
        return length, order

    def regions(self) -> List[List[str]]:
        """Groups of connected places, the largest first; one-way roads connect both ways."""
        neighbours: DefaultDict[str, Set[str]] = defaultdict(set)
        for a, roads in self._roads.items():
            for b in roads:
                neighbours[a].add(b)
                neighbours[b].add(a)
        seen: Set[str] = set()
        groups = []
        for place in self.places:
            if place in seen:
                continue
            group = []
            stack = [place]
            seen.add(place)
            while stack:
                current = stack.pop()
                group.append(current)
                for neighbour in neighbours[current] - seen:
                    seen.add(neighbour)
                    stack.append(neighbour)
            groups.append(sorted(group))
        return sorted(groups, key=lambda group: (-len(group), group))


def work_order(needs: Mapping[str, Iterable[str]]) -> List[str]:
    """Tasks so that each comes behind what it needs; by name where that leaves a choice.

    Raises :class:`Cycle`.
    """
    waiting: Dict[str, Set[str]] = {}
    followers: DefaultDict[str, List[str]] = defaultdict(list)
    for task, others in needs.items():
        waiting.setdefault(task, set()).update(others)
        for other in others:
            waiting.setdefault(other, set())
    for task, others in waiting.items():
        for other in others:
            followers[other].append(task)
    ready = [task for task, others in waiting.items() if not others]
    heapq.heapify(ready)
    order = []
    while ready:
        task = heapq.heappop(ready)
        order.append(task)
        for follower in followers[task]:
            waiting[follower].discard(task)
            if not waiting[follower]:
                heapq.heappush(ready, follower)
    if len(order) < len(waiting):
        raise Cycle(_find_cycle({task: waiting[task] for task in waiting if waiting[task]}))
    return order


def _find_cycle(waiting: Mapping[str, Set[str]]) -> List[str]:
    path = [min(waiting)]
    while True:
        step = min(other for other in waiting[path[-1]] if other in waiting)
        if step in path:
            return path[path.index(step) :] + [step]
        path.append(step)


def earliest_finish(needs: Mapping[str, Iterable[str]], hours: Mapping[str, float]) -> float:
    """When everything is done if all that may run at once does."""
    finish: Dict[str, float] = {}
    for task in work_order(needs):
        start = max((finish[other] for other in needs.get(task, ())), default=0.0)
        finish[task] = start + hours[task]
    return max(finish.values(), default=0.0)
