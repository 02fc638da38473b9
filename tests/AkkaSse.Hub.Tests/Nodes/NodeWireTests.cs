using System.Text.Json;
using AkkaSse.Hub.Nodes;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Nodes;

public sealed class NodeWireTests
{
    // One bit per part that an event may have or not.
    public static TheoryData<int> Combinations => new(Enumerable.Range(0, 64));

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Send_is_read_as_it_was_written(int parts)
    {
        var request = Request(parts);
        var read = NodeWire.ReadRequest(NodeWire.Write(request));
        (read.Kind, read.Client, read.Zone, read.Generation).ShouldBe((request.Kind, request.Client, request.Zone, request.Generation));
        var (e, was) = (read.Event!, request.Event!);
        (e.Type, e.Id, e.Data, e.HasData, e.Retry, e.Comment).ShouldBe((was.Type, was.Id, was.Data, was.HasData, was.Retry, was.Comment));
        e.Fields.ShouldBe(was.Fields);
    }

    [Fact]
    public void Send_that_lies_in_the_middle_of_other_bytes_is_read()
    {
        var bytes = NodeWire.Write(Request(63));
        var around = new byte[bytes.Length + 20];
        bytes.CopyTo(around, 10);
        NodeWire.ReadRequest(around.AsMemory(10, bytes.Length)).Event!.Data.ShouldBe("data ü\nline");
    }

    [Fact]
    public void Send_that_was_cut_is_refused_at_every_length()
    {
        var bytes = NodeWire.Write(Request(63));
        for (var length = 1; length < bytes.Length; length++) Should.Throw<EndOfStreamException>(() => NodeWire.ReadRequest(bytes.AsMemory(0, length)), $"{length} of {bytes.Length} bytes");
        Should.Throw<ArgumentException>(() => NodeWire.ReadRequest(default));
        Should.Throw<JsonException>(() => NodeWire.ReadRequest(new byte[] { 2 }));
        Should.Throw<EndOfStreamException>(() => NodeWire.ReadReply(new byte[] { 1 }));
    }

    [Fact]
    public void Everything_but_sends_is_json()
    {
        var request = new NodeRequest { Kind = NodeRequest.ListClients, Zone = "z", Limit = 5 };
        var bytes = NodeWire.Write(request);
        bytes[0].ShouldBe((byte)'{');
        NodeWire.ReadRequest(bytes).ShouldBe(request);
        NodeWire.ReadReply(NodeWire.Write(new NodeReply { Status = "Done", More = true })).ShouldBe(new NodeReply { Status = "Done", More = true });
    }

    [Theory]
    [InlineData(SendStatus.Accepted, null)]
    [InlineData(SendStatus.NotConnected, "no client with id ü exists")]
    public void Answer_to_a_send_is_read_as_it_was_written(SendStatus status, string? error)
    {
        var reply = NodeWire.ReadReply(NodeWire.Write(new NodeReply { Sent = status, Error = error }))!;
        (reply.Sent, reply.Error).ShouldBe((status, error));
    }

    private static NodeRequest Request(int parts) => new()
    {
        Kind = NodeRequest.Send,
        Client = "clïent",
        Zone = "zone",
        Generation = 1_700_000_000_000_000,
        Event = new SseEvent
        {
            Type = (parts & 1) != 0 ? "type" : null,
            Id = (parts & 2) != 0 ? "" : null,
            Data = (parts & 4) != 0 ? "data ü\nline" : null,
            Retry = (parts & 8) != 0 ? TimeSpan.FromMilliseconds(1_500) : null,
            Comment = (parts & 16) != 0 ? "comment" : null,
            Fields = (parts & 32) != 0 ? [new("a", "1"), new("a", "2")] : [],
        },
    };
}
