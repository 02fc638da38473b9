#!/usr/bin/env python3
"""How long streams take no publishes after the node that owned them was killed.

    bench/failover.py SERVER_DLL [--nodes 3] [--kills 10] [--streams 16]

Starts the nodes on loopback as one Akka cluster, publishes to every stream through all living nodes in turn, kills one node after the other with SIGKILL and starts
it again. Of each kill it prints the longest time that any stream went without an acknowledged publish, and of all kills median and worst. The server is a published
AkkaSse.Server.dll (dotnet publish src/AkkaSse.Server -c Release -o DIR). Needs python3 and dotnet.
"""
import argparse
import http.client
import socket
import statistics
import subprocess
import sys
import threading
import time

PAUSE_BETWEEN_PUBLISHES = 0.02
SETTLE = 3.0  # seconds of load before the first kill, and after a node has come back
WATCH = 8.0  # seconds that each kill is watched


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    def __init__(self, server, nodes):
        ports = free_ports(2 * nodes)
        self.http, self.akka, self.server = ports[:nodes], ports[nodes:], server
        self.processes = [None] * nodes

    def start(self, i):
        seeds = [a for p in self.akka[:3] for a in ("--akka-seed", f"127.0.0.1:{p}")]
        self.processes[i] = subprocess.Popen(
            ["dotnet", self.server, "--node-name", f"n{i}", "--urls", f"http://127.0.0.1:{self.http[i]}", "--engine", "akka", "--akka-host", "127.0.0.1",
             "--akka-port", str(self.akka[i]), "--warm-up", "0", *seeds],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def ready(self, i, limit=120):
        until = time.monotonic() + limit
        while time.monotonic() < until:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.http[i], timeout=2)
                connection.request("GET", "/healthz/ready")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        sys.exit(f"node n{i} was not ready within {limit} s")

    def stop(self):
        for process in self.processes:
            if process:
                process.terminate()
        for process in self.processes:
            if process:
                process.wait()


class Publisher(threading.Thread):
    """Publishes to one stream, one event after the other, through the living nodes in turn; notes when each was acknowledged."""

    def __init__(self, cluster, stream, alive):
        super().__init__(daemon=True)
        self.cluster, self.stream, self.alive = cluster, stream, alive
        self.acknowledged, self.refused, self.stopped = [], 0, False

    def run(self):
        connections, turn = {}, self.stream
        while not self.stopped:
            living = sorted(self.alive)
            node = living[turn % len(living)]
            turn += 1
            try:
                connection = connections.get(node) or http.client.HTTPConnection("127.0.0.1", self.cluster.http[node], timeout=2)
                connections[node] = connection
                connection.request("POST", f"/v1/streams/failover-{self.stream}/events", b"x")
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    self.acknowledged.append(time.monotonic())
                else:
                    self.refused += 1
            except (OSError, http.client.HTTPException):
                connections.pop(node, None)
                self.refused += 1
            time.sleep(PAUSE_BETWEEN_PUBLISHES)

    def longest_pause(self, since):
        times = [since] + [t for t in list(self.acknowledged) if t > since]
        return max((b - a for a, b in zip(times, times[1:])), default=float("inf"))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("server")
    arguments.add_argument("--nodes", type=int, default=3)
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--streams", type=int, default=16)
    given = arguments.parse_args()

    cluster = Cluster(given.server, given.nodes)
    alive = set(range(given.nodes))
    results = []
    try:
        for i in alive:
            cluster.start(i)
        for i in alive:
            cluster.ready(i)
        publishers = [Publisher(cluster, s, alive) for s in range(given.streams)]
        for publisher in publishers:
            publisher.start()
        time.sleep(SETTLE)
        for kill in range(given.kills):
            victim = kill % given.nodes
            alive.discard(victim)  # no publisher waits for the victim itself: what is measured is the streams
            time.sleep(0.3)
            since = time.monotonic()
            cluster.processes[victim].kill()
            cluster.processes[victim].wait()
            time.sleep(WATCH)
            pauses = sorted(p.longest_pause(since) for p in publishers)
            results.append(pauses[-1])
            print(f"kill {kill + 1} (n{victim}): {pauses[-1]:.2f} s; streams: {' '.join(f'{p:.1f}' for p in pauses)}", flush=True)
            cluster.start(victim)
            cluster.ready(victim)
            alive.add(victim)
            time.sleep(SETTLE)
        for publisher in publishers:
            publisher.stopped = True
        for publisher in publishers:
            publisher.join(10)
        refused = sum(p.refused for p in publishers)
        print(f"{given.nodes} nodes, {len(results)} kills: median {statistics.median(results):.2f} s, worst {max(results):.2f} s; {refused} publishes refused or without an answer")
    finally:
        cluster.stop()


main()
