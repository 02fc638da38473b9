using System.Buffers;
using System.Text;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Streams;

/// <summary>Turns a log frame back into an event, for in-process readers and history.</summary>
internal static class FrameDecoder
{
    // What was accepted is read whatever its size, its fields (64 bytes more for each) and its retry.
    private static readonly SseParserOptions s_options = new()
    {
        MaxLineBytes = SseParserOptions.LargestBound,
        MaxEventBytes = SseParserOptions.LargestBound,
        MaxRetry = TimeSpan.FromMilliseconds(int.MaxValue),
    };

    /// <summary>The event in a frame. A publisher's id that travelled as a comment is its id again.</summary>
    /// <param name="head">The frame without id line and blank line.</param>
    /// <param name="wireId">The id line's text, for an event whose id is the publisher's.</param>
    internal static SseEvent Decode(ReadOnlySpan<byte> head, string? wireId)
    {
        var parser = new SseParser(s_options);
        var bytes = new byte[head.Length + 1];
        head.CopyTo(bytes);
        bytes[^1] = (byte)'\n';
        var rest = new ReadOnlySequence<byte>(bytes);
        string? comment = null, publisherId = null;
        TimeSpan? retry = null;
        while (parser.TryRead(ref rest, out var item))
        {
            switch (item.Kind)
            {
                case SseItemKind.Comment
                    when publisherId is null && item.Comment!.StartsWith(HubNames.PublisherIdComment, StringComparison.Ordinal):
                    publisherId = item.Comment[HubNames.PublisherIdComment.Length..];
                    break;
                case SseItemKind.Comment:
                    comment = comment is null ? item.Comment : comment + "\n" + item.Comment;
                    break;
                case SseItemKind.Retry:
                    retry = item.Retry;
                    break;
                case SseItemKind.Event:
                    return new SseEvent(item.Event!)
                    {
                        Id = publisherId ?? wireId,
                        Retry = item.Event!.Retry ?? retry,
                        Comment = comment,
                        LastEventId = wireId ?? "",
                    };
            }
        }
        return new SseEvent { Comment = comment, Retry = retry };
    }

    /// <summary>The text of an id line <c>id: x</c>.</summary>
    internal static string IdOf(ReadOnlySpan<byte> tail) => tail.Length < 6 ? "" : Encoding.ASCII.GetString(tail[4..^2]);
}
