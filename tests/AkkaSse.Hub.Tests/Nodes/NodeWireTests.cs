using System.Text.Json;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Nodes;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Nodes;

public sealed class NodeWireTests
{
    public static TheoryData<string> Properties => [.. CompleteEvent.Properties, ""];

    [Theory]
    [MemberData(nameof(Properties))]
    public void Send_is_read_as_it_was_written(string without)
    {
        var request = Request(without);
        var read = NodeWire.ReadRequest(NodeWire.Write(request));
        (read.Kind, read.Client, read.Zone, read.Generation).ShouldBe((request.Kind, request.Client, request.Zone, request.Generation));
        CompleteEvent.ShouldBeSame(read.Event!, request.Event!);
    }

    [Fact]
    public void Send_that_lies_in_the_middle_of_other_bytes_is_read()
    {
        var request = Request();
        var bytes = NodeWire.Write(request);
        var around = new byte[bytes.Length + 20];
        bytes.CopyTo(around, 10);
        CompleteEvent.ShouldBeSame(NodeWire.ReadRequest(around.AsMemory(10, bytes.Length)).Event!, request.Event!);
    }

    [Fact]
    public void Send_that_was_cut_is_refused_at_every_length()
    {
        var bytes = NodeWire.Write(Request());
        for (var length = 1; length < bytes.Length; length++)
            Should.Throw<FormatException>(() => NodeWire.ReadRequest(bytes.AsMemory(0, length)), $"{length} of {bytes.Length} bytes");
        Should.Throw<ArgumentException>(() => NodeWire.ReadRequest(default));
        Should.Throw<JsonException>(() => NodeWire.ReadRequest(new byte[] { 1 }));
        Should.Throw<FormatException>(() => NodeWire.ReadReply(new byte[] { 2 }));
    }

    [Fact]
    public void Everything_but_sends_is_json()
    {
        var request = new NodeRequest { Kind = NodeRequest.ListClients, Zone = "z", Limit = 5 };
        var bytes = NodeWire.Write(request);
        bytes[0].ShouldBe((byte)'{');
        NodeWire.ReadRequest(bytes).ShouldBe(request);
        NodeWire.ReadReply(NodeWire.Write(new NodeReply { Status = "Done", More = true })).ShouldBe(
            new NodeReply { Status = "Done", More = true });
    }

    [Theory]
    [InlineData(SendStatus.Accepted, null)]
    [InlineData(SendStatus.NotConnected, "no client with id ü exists")]
    public void Answer_to_a_send_is_read_as_it_was_written(SendStatus status, string? error)
    {
        var reply = NodeWire.ReadReply(NodeWire.Write(new NodeReply { Sent = status, Error = error }))!;
        (reply.Sent, reply.Error).ShouldBe((status, error));
    }

    private static NodeRequest Request(params string[] without) => new()
    {
        Kind = NodeRequest.Send,
        Client = "clïent",
        Zone = "zone",
        Generation = 1_700_000_000_000_000,
        Event = CompleteEvent.Event(without),
    };
}
