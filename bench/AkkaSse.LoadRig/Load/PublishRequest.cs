using System.Globalization;
using System.Net;
using System.Text;

namespace AkkaSse.LoadRig.Load;

/// <summary>A publish to one stream as bytes, except for the payload in the middle.</summary>
internal sealed class PublishRequest
{
    private readonly byte[] _before;
    private readonly byte[] _after;
    private readonly int _size;

    internal PublishRequest(RigPlan plan, int stream)
    {
        var body = Template.Fill(plan.PublishBody, stream, stream);
        var at = body.IndexOf("{payload}", StringComparison.Ordinal);
        var (before, after) = (body[..at], body[(at + "{payload}".Length)..]);
        _after = Encoding.UTF8.GetBytes(after);
        _size = plan.Size;
        var head = new StringBuilder();
        head.Append(plan.PublishMethod).Append(' ').Append(Template.Fill(plan.PublishPath, stream, stream)).Append(" HTTP/1.1\r\nHost: ");
        head.Append(new IPEndPoint(plan.Address, plan.Port)).Append("\r\n");
        foreach (var header in plan.PublishHeaders) head.Append(Template.Fill(header, stream, stream)).Append("\r\n");
        var length = Encoding.UTF8.GetByteCount(before) + _size + _after.Length;
        head.Append("Content-Length: ").Append(length.ToString(CultureInfo.InvariantCulture)).Append("\r\n\r\n").Append(before);
        _before = Encoding.UTF8.GetBytes(head.ToString());
    }

    internal int Length => _before.Length + _size + _after.Length;

    internal void Write(Span<byte> to, long number, long time, int stream, int publisher)
    {
        _before.CopyTo(to);
        Payload.Write(to.Slice(_before.Length, _size), number, time, stream, publisher);
        _after.CopyTo(to[(_before.Length + _size)..]);
    }
}
