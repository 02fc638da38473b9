using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Batching;
using AkkaSse.Cluster.Streams;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Cluster.Wire;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Batching;

/// <summary>What nodes say to each other goes in batches, and arrives as if each message had gone by itself.</summary>
public sealed class BatchTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_arrive_in_order_from_their_senders_and_before_their_end(bool inBatches)
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        var (here, there) = (_harness.Engines[0].Node!, _harness.Engines[1].Node!);
        for (var round = 0; round < 50; round++)
        {
            // A node of an earlier version does not say that it takes them.
            here.Batches.Allow(there.Self.Address, inBatches);
            var heard = new ConcurrentQueue<string>();
            var listener = there.System.ActorOf(Props.Create(() => new Listener(heard)), $"listener{round}");
            var remote = await Resolve(here.System, there, listener);
            var sender = here.System.ActorOf(Props.Create(() => new Sender(here.Batches)), $"sender{round}");
            listener.Tell(await Resolve(there.System, here, sender));
            sender.Tell(remote);
            await Eventually.Until(() => heard.Contains("end"), () => $"the sender's end; heard: {string.Join(' ', heard)}");
            heard.ShouldBe([.. Enumerable.Range(1, 40).Select(i => $"{i} of {sender.Path.Name}"), "end"]);
        }
    }

    [Fact]
    public void What_cannot_be_read_costs_only_itself()
    {
        var writer = new WireWriter();
        writer.Text("akka.tcp://there@h:1");
        string[] manifests = ["S6", "unknown", "S7", "S6"];
        for (var i = 0; i < manifests.Length; i++)
        {
            // Receiver and sender are introduced by the first message.
            writer.UInt(0);
            if (i == 0) writer.Text("/user/to");
            writer.UInt(1);
            if (i == 0) writer.Text("/user/from#7");
            var manifest = manifests[i];
            writer.Text(manifest);
            var begin = writer.Begin();
            // A pong without its number.
            if (manifest == "S6") writer.Bool(true);
            writer.End(begin);
        }
        var reader = new BatchReader(new MessageBatch(writer.Take()));
        var read = new List<string>();
        while (reader.Next())
        {
            try
            {
                read.Add($"{reader.Read().GetType().Name} {reader.To} {reader.Node}{reader.From}");
            }
            catch (Exception e) when (e is FormatException or System.Runtime.Serialization.SerializationException)
            {
                read.Add(e.GetType().Name);
            }
        }
        const string Good = "Ping /user/to akka.tcp://there@h:1/user/from#7";
        read.ShouldBe([Good, "SerializationException", "FormatException", Good]);
    }

    [Fact]
    public void An_actor_that_was_not_introduced_is_a_format_fault()
    {
        var writer = new WireWriter();
        writer.Text("akka.tcp://there@h:1");
        writer.UInt(3);
        var reader = new BatchReader(new MessageBatch(writer.Take()));
        var read = false;
        try
        {
            reader.Next();
            read = true;
        }
        catch (FormatException)
        {
            // That is what receivers are promised.
        }
        read.ShouldBeFalse();
    }

    private static async Task<IActorRef> Resolve(ActorSystem from, AkkaSse.Cluster.Hosting.ClusterNode node, IActorRef actor) =>
        await from.ActorSelection($"{node.Self.Address}{actor.Path.ToStringWithoutAddress()}").ResolveOne(TimeSpan.FromSeconds(20));

    /// <summary>Says forty things, and is gone.</summary>
    private sealed class Sender : UntypedActor
    {
        private readonly NodeBatches _batches;

        public Sender(NodeBatches batches) => _batches = batches;

        protected override void OnReceive(object message)
        {
            for (var i = 1; i <= 40; i++) _batches.Tell((IActorRef)message, new Pong(i), Self);
            // As owners do: their last words before their end.
            _batches.Flush();
            Context.Stop(Self);
        }
    }

    private sealed class Listener : UntypedActor
    {
        private readonly ConcurrentQueue<string> _heard;

        public Listener(ConcurrentQueue<string> heard) => _heard = heard;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case IActorRef sender:
                    Context.Watch(sender);
                    break;
                case Pong pong:
                    _heard.Enqueue($"{pong.Head} of {Context.Sender.Path.Name}");
                    break;
                case Terminated:
                    _heard.Enqueue("end");
                    break;
            }
        }
    }
}
