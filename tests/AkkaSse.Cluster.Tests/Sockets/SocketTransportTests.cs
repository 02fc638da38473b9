using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using AkkaSse.Cluster.Sockets;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Google.Protobuf;

namespace AkkaSse.Cluster.Tests.Sockets;

/// <summary>Akka.NET's frames on plain sockets.</summary>
public sealed class SocketTransportTests : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("sockets", "akka { loglevel = OFF, stdout-loglevel = OFF }");
    private readonly List<SocketTransport> _transports = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var transport in _transports) await transport.Shutdown();
        await _system.Terminate();
    }

    [Fact]
    public async Task Frames_of_every_size_arrive_whole_and_in_order()
    {
        var (here, _) = await ListenAsync();
        var (_, there) = await ListenAsync();
        var association = await here.Associate(there.Address);
        var sizes = new[] { 0, 1, 3, 100, 65_531, 65_532, 65_533, 200_000, 1_000_000, 5, 1_000_000, 1 };
        foreach (var size in sizes)
            association.Write(ByteString.CopyFrom([.. Enumerable.Range(0, size).Select(i => (byte)(i + size))])).ShouldBeTrue();
        var arrived = (await there.AcceptedAsync()).Frames;
        // An empty one says nothing, and is not told.
        var expected = sizes.Where(static s => s > 0).ToArray();
        await Eventually.Until(() => arrived.Count == expected.Length, () => $"{expected.Length} frames; {arrived.Count} arrived");
        arrived.Select(static f => f.Length).ShouldBe(expected);
        foreach (var frame in arrived)
        {
            for (var i = 0; i < frame.Length; i++) ((byte)(i + frame.Length)).ShouldBe(frame[i]);
        }
    }

    [Fact]
    public async Task Frame_that_comes_byte_by_byte_arrives_whole()
    {
        var (_, there) = await ListenAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, there.Address.Port!.Value);
        var bytes = new byte[4 + 40];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 40);
        for (var i = 0; i < 40; i++) bytes[4 + i] = (byte)i;
        foreach (var b in bytes) await socket.SendAsync(new byte[] { b });
        var accepted = await there.AcceptedAsync();
        await Eventually.Until(() => accepted.Frames.Count == 1, "the frame");
        accepted.Frames.Single().ToByteArray().ShouldBe(bytes[4..]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3_000_001)]
    public async Task Length_that_no_frame_has_ends_the_association(int length)
    {
        var (_, there) = await ListenAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, there.Address.Port!.Value);
        var accepted = await there.AcceptedAsync();
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        await socket.SendAsync(bytes);
        await Eventually.Until(() => accepted.Ends == 1, "the end of the association");
        accepted.Frames.ShouldBeEmpty();
    }

    [Fact]
    public async Task End_of_one_side_is_told_to_the_other_once_and_after_what_was_written()
    {
        var (here, _) = await ListenAsync();
        var (_, there) = await ListenAsync();
        var association = (SocketAssociation)await here.Associate(there.Address);
        var accepted = await there.AcceptedAsync();
        for (var i = 0; i < 10; i++) association.Write(ByteString.CopyFrom(new byte[100_000]));
        association.End();
        association.End();
        association.Write(ByteString.CopyFrom([1])).ShouldBeFalse();
        await Eventually.Until(() => accepted.Ends > 0, "the end of the association");
        accepted.Frames.Count.ShouldBe(10);
        accepted.Ends.ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_listening_is_an_invalid_association()
    {
        var (here, other) = await ListenAsync();
        var (gone, there) = await ListenAsync();
        await gone.Shutdown();
        var fault = await Should.ThrowAsync<InvalidAssociationException>(() => here.Associate(there.Address));
        fault.Message.ShouldContain(there.Address.Port!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await here.Associate(other.Address)).Write(ByteString.CopyFrom([1])).ShouldBeTrue();
    }

    [Fact]
    public async Task Port_that_is_taken_is_a_socket_fault()
    {
        var (_, there) = await ListenAsync();
        var second = new SocketTransport(_system, Settings(there.Address.Port!.Value));
        var fault = await Should.ThrowAsync<SocketException>(second.Listen);
        fault.SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
    }

    [Fact]
    public void Tls_is_refused() =>
        Should.Throw<ArgumentException>(
            () => new SocketTransport(_system, ConfigurationFactory.ParseString("enable-ssl = true, port = 0")));

    [Fact]
    public async Task Node_on_dotnetty_and_node_on_plain_sockets_are_one_hub()
    {
        const string DotNetty =
            "\nakka.remote.dot-netty.tcp.transport-class = \"Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote\"";
        var first = true;
        await using var harness = new AkkaHarness(change: o =>
        {
            if (first) o.Hocon += DotNetty;
            first = false;
        });
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        AppendItem[] item = [new(new SseEvent { Data = new string('x', 1_000) }, new PublishOptions { CreateStream = true })];
        for (var i = 1; i <= 20; i++)
        {
            foreach (var node in new[] { a, b })
            {
                var results = new AppendResult[1];
                await node.Engine.Streams.AppendAsync($"s{i}", item, results, default);
                results[0].Status.ShouldBe(PublishStatus.Accepted, results[0].Error);
            }
        }
    }

    private async Task<(SocketTransport Transport, Listening There)> ListenAsync()
    {
        var transport = new SocketTransport(_system, Settings(0));
        _transports.Add(transport);
        var (address, listener) = await transport.Listen();
        var there = new Listening(address);
        listener.SetResult(there);
        return (transport, there);
    }

    private static Config Settings(int port) =>
        ConfigurationFactory.ParseString(
            $"hostname = 127.0.0.1, port = {port}, public-port = 0, maximum-frame-size = 3000000b, enable-ssl = off");

    private sealed class Listening(Address address) : IAssociationEventListener
    {
        private readonly ConcurrentQueue<Reader> _accepted = new();

        internal Address Address => address;

        internal async Task<Reader> AcceptedAsync()
        {
            Reader? reader = null;
            await Eventually.Until(() => _accepted.TryPeek(out reader), "the connection to be accepted");
            return reader!;
        }

        public void Notify(IAssociationEvent ev)
        {
            var reader = new Reader();
            _accepted.Enqueue(reader);
            ((InboundAssociation)ev).Association.ReadHandlerSource.SetResult(reader);
        }
    }

    private sealed class Reader : IHandleEventListener
    {
        private int _ends;

        internal ConcurrentQueue<ByteString> Frames { get; } = new();

        internal int Ends => Volatile.Read(ref _ends);

        public void Notify(IHandleEvent ev)
        {
            if (ev is InboundPayload payload) Frames.Enqueue(payload.Payload);
            else Interlocked.Increment(ref _ends);
        }
    }
}
