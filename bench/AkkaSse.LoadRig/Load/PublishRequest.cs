using System.Globalization;
using System.Text;

namespace AkkaSse.LoadRig.Load;

/// <summary>A publish to one stream as bytes, except for the payloads: one, or as many as a batch has.</summary>
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
        var (before, after) = (body[..at], body[(at + "{payload}".Length)..]);
        _after = Encoding.UTF8.GetBytes(after);
        _before = Encoding.UTF8.GetBytes(before);
        _size = plan.Size;
        _batch = plan.Batch;
        var head = new StringBuilder();
        head.Append(plan.PublishMethod).Append(' ').Append(Template.Fill(plan.PublishPath, stream, stream)).Append(" HTTP/1.1\r\nHost: ");
        head.Append(plan.PublishServer).Append("\r\n");
        foreach (var header in plan.PublishHeaders) head.Append(Template.Fill(header, stream, stream)).Append("\r\n");
        head.Append("Content-Length: ").Append((_batch * ItemLength).ToString(CultureInfo.InvariantCulture)).Append("\r\n\r\n");
        _head = Encoding.UTF8.GetBytes(head.ToString());
    }

    internal int Length => _head.Length + (_batch * ItemLength);

    private int ItemLength => _before.Length + _size + _after.Length;

    internal void Write(Span<byte> to, long number, long time, int stream, int publisher)
    {
        _head.CopyTo(to);
        to = to[_head.Length..];
        for (var i = 0; i < _batch; i++, to = to[ItemLength..])
        {
            _before.CopyTo(to);
            Payload.Write(to.Slice(_before.Length, _size), number + i, time, stream, publisher);
            _after.CopyTo(to[(_before.Length + _size)..]);
        }
    }
}
