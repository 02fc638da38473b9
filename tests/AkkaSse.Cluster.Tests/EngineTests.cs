using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Akka.Remote.Transport;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests;

/// <summary>Nodes that come, leave, are cut off and come back, with real remoting in one process.</summary>
public sealed class EngineTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness;
    private int _port;
    private Address? _cut;

    public EngineTests() => _harness = new AkkaHarness(change: o =>
    {
        o.Hocon += "\nakka.remote.dot-netty.tcp.applied-adapters = [trttl]";
        o.Port = _port;
        o.LeaveLimit = TimeSpan.FromSeconds(30);
    });

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Node_that_the_others_have_removed_comes_back_and_keeps_what_is_still_its_own()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        var kept = await c.Engine.Claims.ClaimAsync(new ClaimRequest("z", "kept") { Instance = "i" }, default);
        kept.Status.ShouldBe(ClaimStatus.Granted);
        var before = _harness.Engines[2].Node!.Id;
        _harness.Engines[0].Node!.Cluster.Down(_harness.Engines[2].Node!.Self.Address);
        await Eventually.Until(() => _harness.Engines[2].Node is { } now && now.Id != before && c.Engine.State == EngineState.Ready, () => $"the removed node to come back; it is {c.Engine.State}\n{Logged}");
        await Eventually.Until(async () => (await a.Engine.Nodes.ListAsync(default)).Select(static n => n.Name).SequenceEqual(["a", "b", "c"]), "all three to be listed");
        await Eventually.Until(async () => (await a.Engine.Claims.LocateAsync("z", "kept", default)) is [{ Node: "c" } at] && at.Generation == kept.Generation, () => $"the claim to be where it was\n{Logged}");
        await Eventually.Until(async () => (await b.Hub.LoadOfAsync("c", default))?.Node == "c", "an answer of the node that came back");
    }

    [Fact]
    public async Task Node_that_ended_without_a_word_and_starts_again_at_its_address_is_a_member_at_once()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        var c = await _harness.StartNodeAsync("c");
        var was = _harness.Engines[2].Node!;
        await c.Engine.DisposeAsync();
        _port = was.Self.Address.Port!.Value;
        await using var again = await _harness.StartNodeAsync("c");
        _harness.Engines[3].Node!.Id.ShouldNotBe(was.Id);
        await Eventually.Until(() => _harness.Engines[0].Node!.View.Members is { Length: 3 } all && all.All(m => m.Id != was.Id), () => $"the old incarnation to be gone\n{Logged}");
        await Eventually.Until(async () => (await a.Hub.LoadOfAsync("c", default))?.Node == "c", "an answer of the new one");
    }

    [Fact]
    public async Task Removed_node_comes_back_at_the_same_address()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        _port = FreePort();
        await using var c = await _harness.StartNodeAsync("c");
        var before = _harness.Engines[2].Node!;
        _harness.Engines[0].Node!.Cluster.Down(before.Self.Address);
        await Eventually.Until(() => _harness.Engines[2].Node is { } now && now.Id != before.Id && c.Engine.State == EngineState.Ready, () => $"the removed node to come back; it is {c.Engine.State}\n{Logged}");
        _harness.Engines[2].Node!.Self.Address.ShouldBe(before.Self.Address);
    }

    [Fact]
    public async Task Claims_of_a_lost_node_end_when_the_cluster_removes_it()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        var c = await _harness.StartNodeAsync("c");
        var request = new ClaimRequest("z", "c1") { Instance = "i" };
        (await c.Engine.Claims.ClaimAsync(request, default)).Status.ShouldBe(ClaimStatus.Granted);
        (await a.Engine.Claims.ClaimAsync(request with { Instance = "j" }, default)).Status.ShouldBe(ClaimStatus.InUse);
        // Without a word to the others: its ActorSystem is cut off first.
        await CutAsync(2, 0, 1);
        await Eventually.Until(async () => (await a.Engine.Claims.ClaimAsync(request with { Instance = "j" }, default)).Status == ClaimStatus.Granted, () => $"the claim to end with its node\n{Logged}");
        await c.DisposeAsync();
        (await b.Engine.Claims.LocateAsync("z", "c1", default)).Single().Node.ShouldBe("a");
    }

    [Fact]
    public async Task Claims_outlive_the_node_that_decides_about_them()
    {
        var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        const int clients = 60;
        var granted = new long[clients];
        for (var i = 0; i < clients; i++) granted[i] = (await b.Engine.Claims.ClaimAsync(new ClaimRequest("z", $"c{i}") { Instance = "i" }, default)).Generation;
        await b.Engine.Claims.RefuseAsync("z", "bad", null, TimeSpan.FromMinutes(10), default);
        // Some of the sixty are decided there; it leaves as it does in a rolling update.
        await a.Engine.DrainAsync(default);
        await a.DisposeAsync();
        await Eventually.Until(async () => (await c.Engine.Nodes.ListAsync(default)).Count == 2, "the node to have left");
        for (var i = 0; i < clients; i++)
        {
            var client = $"c{i}";
            var place = default(ClaimLocation);
            await Eventually.Until(async () => (place = (await c.Engine.Claims.LocateAsync("z", client, default)).SingleOrDefault()).Node == "b", () => $"{client} to be found\n{Logged}");
            place.Generation.ShouldBe(granted[i]);
            (await c.Engine.Claims.ClaimAsync(new ClaimRequest("z", client) { Instance = "j" }, default)).Status.ShouldBe(ClaimStatus.InUse);
        }
    }

    [Fact]
    public async Task Node_in_the_minority_is_down_at_once_and_ready_after_the_path_is_back()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        _port = FreePort();
        await using var c = await _harness.StartNodeAsync("c");
        await CutAsync(2, 0, 1);
        await Eventually.Until(() => c.Engine.State == EngineState.Down, () => $"the minority to refuse work\n{Logged}");
        (await c.Engine.Claims.ClaimAsync(new ClaimRequest("z", "x"), default)).Status.ShouldBe(ClaimStatus.Unavailable);
        await Eventually.Until(() => a.Engine.State == EngineState.Ready && _harness.Engines[0].Node!.View.Members.Length == 2, () => $"the majority to go on without it\n{Logged}");
        (await a.Engine.Claims.ClaimAsync(new ClaimRequest("z", "x"), default)).Status.ShouldBe(ClaimStatus.Granted);
        c.Engine.State.ShouldBe(EngineState.Down);
        await HealAsync(0, 1);
        await Eventually.Until(() => c.Engine.State == EngineState.Ready, () => $"the node to come back\n{Logged}");
        (await c.Engine.Claims.LocateAsync("z", "x", default)).Single().Node.ShouldBe("a");
    }

    [Fact]
    public async Task Second_node_of_a_name_stays_out_until_the_first_has_left()
    {
        var first = await _harness.StartNodeAsync("a");
        await using var other = await _harness.StartNodeAsync("b");
        var late = _harness.StartNodeAsync("a").AsTask();
        await Eventually.Until(() => _harness.Log.Lines.Any(static l => l.Contains("The node name a is in use", StringComparison.Ordinal)), () => $"the second to be told\n{Logged}");
        (await other.Hub.LoadOfAsync("a", default))!.Node.ShouldBe("a");
        await first.Engine.DrainAsync(default);
        await first.DisposeAsync();
        await using var second = await late;
        second.Engine.State.ShouldBe(EngineState.Ready);
    }

    [Fact]
    public async Task Drained_node_leaves_and_answers_unavailable()
    {
        await using var a = await _harness.StartNodeAsync("a");
        var b = await _harness.StartNodeAsync("b");
        await b.Engine.DrainAsync(default);
        await Eventually.Until(async () => (await a.Engine.Nodes.ListAsync(default)).Count == 1, "the node to have left");
        b.Engine.State.ShouldBe(EngineState.Down);
        (await b.Engine.Claims.ClaimAsync(new ClaimRequest("z", "c"), default)).Status.ShouldBe(ClaimStatus.Unavailable);
        (await a.Engine.Nodes.RequestAsync("b", new byte[] { 1 }, TimeSpan.FromSeconds(2), default)).ShouldBeNull();
        a.Engine.State.ShouldBe(EngineState.Ready, Logged);
        await b.DisposeAsync();
    }

    [Fact]
    public async Task Requests_of_one_node_are_handled_in_order()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        var client = await ConnectAsync(b.Hub, "c");
        const int count = 500;
        var sends = new List<Task<SendResult>>();
        for (var i = 0; i < count; i++) sends.Add(a.Hub.SendToAsync("c", new Protocol.SseEvent { Data = $"{i}" }).AsTask());
        (await Task.WhenAll(sends)).ShouldAllBe(static s => s.Status == SendStatus.Accepted);
        var read = new System.Text.StringBuilder();
        await Eventually.Until(async () =>
        {
            var result = await client.Reader.ReadAsync();
            read.Append(System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(result.Buffer)));
            client.Reader.AdvanceTo(result.Buffer.End);
            return read.ToString().Contains($"data: {count - 1}\n", StringComparison.Ordinal);
        }, "the last event");
        var data = read.ToString().Split('\n').Where(static l => l.StartsWith("data: ", StringComparison.Ordinal) && char.IsAsciiDigit(l[6])).Select(static l => int.Parse(l[6..], null));
        data.ShouldBe(Enumerable.Range(0, count));
    }

    [Fact]
    [Trait("parity", "TGT-01")]
    public async Task Send_finds_a_client_that_has_moved_since_it_was_last_sent_to()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        await ConnectAsync(b.Hub, "x");
        (await a.Hub.SendToAsync("x", new Protocol.SseEvent { Data = "one" })).Status.ShouldBe(SendStatus.Accepted);
        var moved = await ConnectAsync(c.Hub, "x");
        // Until the connection at b has ended it may still take what was sent to the old place.
        await Eventually.Until(() => b.Hub.Load.Connections == 0, "the replaced connection to end");
        (await a.Hub.SendToAsync("x", new Protocol.SseEvent { Data = "two" })).Status.ShouldBe(SendStatus.Accepted);
        var read = new System.Text.StringBuilder();
        await Eventually.Until(async () =>
        {
            var result = await moved.Reader.ReadAsync();
            read.Append(System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(result.Buffer)));
            moved.Reader.AdvanceTo(result.Buffer.End);
            return read.ToString().Contains("data: two\n", StringComparison.Ordinal);
        }, "the event at the new place");
    }

    private string Logged => string.Join('\n', _harness.Log.Lines.TakeLast(80));

    private static async Task<System.IO.Pipelines.Pipe> ConnectAsync(SseHub hub, string client)
    {
        var pipe = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: 0));
        var admitted = await hub.ConnectAsync(new SubscribeRequest { Zone = "default", ClientId = client, Instance = "i" }, default);
        _ = (admitted.Connection ?? throw new InvalidOperationException($"{admitted.Status} {admitted.Error}")).RunAsync(pipe.Writer, static () => { }, default);
        return pipe;
    }

    // Both ends drop what they would send and what comes.
    private async Task CutAsync(int node, params int[] others)
    {
        _cut = _harness.Engines[node].Node!.Self.Address;
        foreach (var other in others)
        {
            await SetAsync(_harness.Engines[node], _harness.Engines[other].Node!.Self.Address, Blackhole.Instance);
            await SetAsync(_harness.Engines[other], _cut, Blackhole.Instance);
        }
    }

    // The node that was cut off has a new ActorSystem meanwhile, which drops nothing.
    private async Task HealAsync(params int[] others)
    {
        foreach (var other in others) await SetAsync(_harness.Engines[other], _cut!, Unthrottled.Instance);
    }

    private static async Task SetAsync(AkkaClusterEngine at, Address to, ThrottleMode mode)
    {
        var transport = ((IRemoteActorRefProvider)((ExtendedActorSystem)at.Node!.System).Provider).Transport;
        (await transport.ManagementCommand(new SetThrottle(to, ThrottleTransportAdapter.Direction.Both, mode))).ShouldBeTrue();
    }

    // A port that a node keeps over its ActorSystems.
    private static int FreePort()
    {
        using var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        free.Start();
        return ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
    }
}
