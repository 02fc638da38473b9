using System.Globalization;
using System.Net;
using System.Text;

namespace AkkaSse.LoadRig.Load;

/// <summary>A publish to one stream as bytes, except for the payloads: one event, or a batch of them, one per line.</summary>
internal sealed class PublishRequest
{
    private readonly byte[] _head;
    private readonly byte[] _before;
    private readonly byte[] _after;
    private readonly int _size;
    private readonly int _batch;

    internal PublishRequest(RigPlan plan, int stream)
    {
        var body = Template.Fill(plan.PublishBody, stream, stream);
        var at = body.IndexOf("{payload}", StringComparison.Ordinal);
        _before = Encoding.UTF8.GetBytes(body[..at]);
        _after = Encoding.UTF8.GetBytes(body[(at + "{payload}".Length)..]);
        _size = plan.Size;
        _batch = plan.Batch;
        var head = new StringBuilder();
        head.Append(plan.PublishMethod).Append(' ').Append(Template.Fill(plan.PublishPath, stream, stream)).Append(" HTTP/1.1\r\nHost: ");
        head.Append(new IPEndPoint(plan.Address, plan.Port)).Append("\r\n");
        foreach (var header in plan.PublishHeaders) head.Append(Template.Fill(header, stream, stream)).Append("\r\n");
        head.Append("Content-Length: ").Append(BodyLength.ToString(CultureInfo.InvariantCulture)).Append("\r\n\r\n");
        _head = Encoding.UTF8.GetBytes(head.ToString());
    }

    internal int Length => _head.Length + BodyLength;

    private int BodyLength => (_batch * (_before.Length + _size + _after.Length)) + _batch - 1;

    internal void Write(Span<byte> to, long number, long time, int stream, int publisher)
    {
        Put(_head, ref to);
        for (var i = 0; i < _batch; i++)
        {
            if (i > 0) Put("\n"u8, ref to);
            Put(_before, ref to);
            Payload.Write(to[.._size], number + i, time, stream, publisher);
            to = to[_size..];
            Put(_after, ref to);
        }
    }

    private static void Put(ReadOnlySpan<byte> bytes, ref Span<byte> to)
    {
        bytes.CopyTo(to);
        to = to[bytes.Length..];
    }
}
