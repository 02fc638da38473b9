#!/usr/bin/env python3
"""Whether a cluster keeps its nodes while the machine or the network is bad, and what publishes get meanwhile.

    bench/stability.py SERVER_DLL [--nodes 3] [--minutes 10] [--only loops,pauses,flapping,loss] [--streams 8]

Starts the nodes as one Akka cluster, each in a network namespace of its own on a network that this program makes, and publishes to every stream through all nodes in turn. Each scenario lasts --minutes:
  loops     four busy loops for each core, at the priority of the nodes
  pauses    every 10 s one node is stopped (SIGSTOP) for 2 s, in turn
  flapping  every 4 s the link of one node, always the same, is down for 2 s
  loss      of all packets between two nodes 20 % are lost and the others come 50 ms late, each way: 100 ms there and back
Prints for each scenario how often a node was removed (0 is wanted), what was acknowledged, refused and without an answer, and the longest time that a stream took nothing. The server is a published
AkkaSse.Server.dll. Linux, as root; needs python3, dotnet and ip.
"""
import argparse
import ctypes
import fcntl
import heapq
import http.client
import os
import pathlib
import random
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

PAUSE_BETWEEN_PUBLISHES = 0.05
PORT, AKKA = 8080, 4053
CLONE_NEWNET, TUNSETIFF, IFF_TAP_NO_PI = 0x40000000, 0x400454CA, 0x1002
LOSS, DELAY = 0.2, 0.05
# The lines with which a node says that it or another one is a member no more (docs/akka.md).
REMOVED = re.compile(r"have removed this one|was removed from the cluster|has crashed: nothing listens|is removed: it and another")


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def enter(namespace):
    """Brings this thread, and those that it starts from now on, into a network namespace."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Network:
    """A namespace for each node and one for the publishers, on a bridge; all of it lies in namespaces of this program, so that nothing else of the machine sees it."""

    def __init__(self, nodes):
        self.outside = os.open("/proc/self/ns/net", os.O_RDONLY)
        name = f"akb{os.getpid() % 100000}"
        self.hub = f"{name}-hub"
        self.nodes = [f"{name}-{i}" for i in range(nodes)]

    def create(self):
        for namespace in (self.hub, *self.nodes):
            run("ip", "netns", "add", namespace)
            self.inside(namespace, "ip", "link", "set", "lo", "up")
        self.connect()
        enter(os.open(f"/run/netns/{self.hub}", os.O_RDONLY))

    def connect(self):
        self.inside(self.hub, "ip", "link", "add", "eth0", "type", "bridge")
        self.address_of(self.hub, 1)
        for i, node in enumerate(self.nodes):
            self.inside(self.hub, "ip", "link", "add", f"v{i}", "type", "veth", "peer", "name", "eth0", "netns", node)
            self.inside(self.hub, "ip", "link", "set", f"v{i}", "master", "eth0", "up")
            self.address_of(node, 10 + i)

    def address_of(self, namespace, host):
        self.inside(namespace, "ip", "addr", "add", f"10.77.0.{host}/24", "dev", "eth0")
        self.inside(namespace, "ip", "link", "set", "eth0", "up")

    @staticmethod
    def address(i):
        return f"10.77.0.{10 + i}"

    @staticmethod
    def inside(namespace, *command):
        run("ip", "netns", "exec", namespace, *command)

    def link(self, i, up):
        self.inside(self.hub, "ip", "link", "set", f"v{i}", "up" if up else "down")

    def remove(self):
        enter(self.outside)
        for namespace in (*self.nodes, self.hub):
            subprocess.run(["ip", "netns", "del", namespace], check=False, stderr=subprocess.DEVNULL)


class LossyNetwork(Network):
    """The same with a switch of this program in place of the bridge: not every kernel has netem."""

    def __init__(self, nodes):
        super().__init__(nodes)
        self.taps, self.lossy, self.stopped = {}, False, threading.Event()

    def connect(self):
        for namespace, host in ((self.hub, 1), *((n, 10 + i) for i, n in enumerate(self.nodes))):
            enter(os.open(f"/run/netns/{namespace}", os.O_RDONLY))
            tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", b"eth0", IFF_TAP_NO_PI))
            enter(self.outside)
            self.taps[tap] = namespace
            self.address_of(namespace, host)
        threading.Thread(target=self.forward, daemon=True).start()

    def forward(self):
        late, serial = [], 0
        random_of = random.Random(1)
        poll = select.poll()
        for tap in self.taps:
            poll.register(tap, select.POLLIN)
        while not self.stopped.is_set():
            wait = max(0, late[0][0] - time.monotonic()) * 1000 if late else 100
            for tap, _ in poll.poll(min(100, wait)):
                while True:
                    try:
                        frame = os.read(tap, 65536)
                    except BlockingIOError:
                        break
                    between_nodes = self.taps[tap] != self.hub
                    for to in self.taps:
                        if to == tap:
                            continue
                        if not self.lossy or not between_nodes or self.taps[to] == self.hub:
                            self.send(to, frame)
                        elif random_of.random() >= LOSS:
                            serial += 1
                            heapq.heappush(late, (time.monotonic() + DELAY, serial, to, frame))
            while late and late[0][0] <= time.monotonic():
                _, _, to, frame = heapq.heappop(late)
                self.send(to, frame)

    @staticmethod
    def send(to, frame):
        try:
            os.write(to, frame)
        except BlockingIOError:
            pass  # its queue is full: a switch drops, too

    def loss(self, on):
        self.lossy = on

    def remove(self):
        self.stopped.set()
        super().remove()


class Cluster:
    def __init__(self, server, network, logs):
        self.server, self.network, self.logs = server, network, logs
        self.processes = []

    def start(self):
        seeds = [a for i in range(min(3, len(self.network.nodes))) for a in ("--akka-seed", f"{self.network.address(i)}:{AKKA}")]
        for i, namespace in enumerate(self.network.nodes):
            log = open(self.logs / f"n{i}.log", "w", encoding="utf-8")
            self.processes.append(subprocess.Popen(
                ["ip", "netns", "exec", namespace, "dotnet", self.server, "--node-name", f"n{i}", "--urls", f"http://{self.network.address(i)}:{PORT}", "--allow-anonymous-network",
                 "--engine", "akka", "--akka-host", self.network.address(i), "--akka-port", str(AKKA), *seeds],
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True))

    def removals(self):
        return [f"n{i}: {line.strip()}" for i in range(len(self.processes)) for line in (self.logs / f"n{i}.log").read_text(encoding="utf-8").splitlines() if REMOVED.search(line)]

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def request(address, method, path, body=None, timeout=15):
    connection = http.client.HTTPConnection(address, PORT, timeout=timeout)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


class Publisher(threading.Thread):
    """Publishes to one stream, one event after the other, through the nodes in turn."""

    def __init__(self, network, stream):
        super().__init__(daemon=True)
        self.network, self.stream = network, stream
        self.acknowledged, self.refused, self.unanswered, self.stopped = [], 0, 0, False

    def run(self):
        connections, turn = {}, self.stream
        while not self.stopped:
            node = turn % len(self.network.nodes)
            turn += 1
            try:
                connection = connections.get(node) or http.client.HTTPConnection(self.network.address(node), PORT, timeout=15)
                connections[node] = connection
                connection.request("POST", f"/v1/streams/stability-{self.stream}/events", b"x")
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    self.acknowledged.append(time.monotonic())
                elif answer.status == 504:
                    self.unanswered += 1
                else:
                    self.refused += 1
            except (OSError, http.client.HTTPException):
                connections.pop(node, None)
                self.unanswered += 1
            time.sleep(PAUSE_BETWEEN_PUBLISHES)


def disturb(scenario, cluster, network, until):
    if scenario == "loops":
        loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(4 * (os.cpu_count() or 1))]
        try:
            time.sleep(max(0, until - time.monotonic()))
        finally:
            for loop in loops:
                loop.kill()
            for loop in loops:
                loop.wait()
    elif scenario == "pauses":
        turn = 0
        while time.monotonic() < until:
            time.sleep(8)
            process = cluster.processes[turn % len(cluster.processes)]
            turn += 1
            process.send_signal(signal.SIGSTOP)
            time.sleep(2)
            process.send_signal(signal.SIGCONT)
    elif scenario == "flapping":
        while time.monotonic() < until:
            network.link(len(network.nodes) - 1, up=False)
            time.sleep(2)
            network.link(len(network.nodes) - 1, up=True)
            time.sleep(2)
    elif scenario == "loss":
        network.loss(True)
        try:
            time.sleep(max(0, until - time.monotonic()))
        finally:
            network.loss(False)


def measure(scenario, given):
    with tempfile.TemporaryDirectory(prefix="akkasse-stability.") as folder:
        network = (LossyNetwork if scenario == "loss" else Network)(given.nodes)
        cluster = Cluster(given.server, network, pathlib.Path(folder))
        try:
            network.create()
            cluster.start()
            limit = time.monotonic() + 180
            for i in range(given.nodes):
                while True:
                    if time.monotonic() > limit:
                        sys.exit(f"node n{i} was not ready within 180 s:\n{(pathlib.Path(folder) / f'n{i}.log').read_text(encoding='utf-8')[-2000:]}")
                    try:
                        if request(network.address(i), "GET", "/healthz/ready", timeout=2) == 200:
                            break
                    except (OSError, http.client.HTTPException):
                        pass
                    time.sleep(0.2)
            publishers = [Publisher(network, s) for s in range(given.streams)]
            for publisher in publishers:
                publisher.start()
            time.sleep(5)
            before = len(cluster.removals())
            began = time.monotonic()
            disturb(scenario, cluster, network, began + 60 * given.minutes)
            ended = time.monotonic()
            removed = cluster.removals()[before:]
            for publisher in publishers:
                publisher.stopped = True
            for publisher in publishers:
                publisher.join(20)
            pauses = []
            for publisher in publishers:
                times = [began, *(t for t in publisher.acknowledged if began < t < ended), ended]
                pauses.append(max(b - a for a, b in zip(times, times[1:])))
            count = sum(1 for p in publishers for t in p.acknowledged if began < t < ended)
            print(f"{scenario}: {given.nodes} nodes, {(ended - began) / 60:.1f} min: removed {len(removed)}; acknowledged {count}, refused {sum(p.refused for p in publishers)}, without an answer "
                  f"{sum(p.unanswered for p in publishers)}; longest pause of a stream {max(pauses):.1f} s, median {statistics.median(pauses):.1f} s", flush=True)
            for line in removed:
                print(f"  {line}", flush=True)
            return not removed
        finally:
            cluster.stop()
            network.remove()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("server")
    arguments.add_argument("--nodes", type=int, default=3)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--streams", type=int, default=8)
    arguments.add_argument("--only", default="loops,pauses,flapping,loss")
    given = arguments.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench/stability.py makes network namespaces, which takes root")
    sys.exit(0 if all([measure(scenario, given) for scenario in given.only.split(",")]) else 1)


main()
