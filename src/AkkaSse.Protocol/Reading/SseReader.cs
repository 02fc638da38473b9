using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace AkkaSse.Protocol;

/// <summary>Reads an event stream from any byte source, without HTTP.</summary>
/// <remarks>
/// The enumeration ends where the source ends; an event without its blank line is dropped then, as WHATWG HTML section 9.2.6 says.
/// One enumeration must not be used by two callers at once.
/// </remarks>
public static class SseReader
{
    private const int ReadBytes = 16 * 1024;

    /// <summary>Reads all items of a stream.</summary>
    /// <param name="stream">The source; it stays open.</param>
    /// <param name="options">Bounds and what to report; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The items in the order of the wire, each as soon as its bytes are there.</returns>
    [OverloadResolutionPriority(1)] // a literal null means the default options
    public static IAsyncEnumerable<SseItem> ReadAllAsync(
        Stream stream, SseParserOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadAllAsync(stream, new SseParser(options), cancellationToken);

    /// <summary>
    /// Reads all items of a stream with a parser of the caller's, who can then read its <see cref="SseParser.LastEventId"/>.
    /// </summary>
    /// <param name="stream">
    /// The source; it stays open. Bytes read but not yet enumerated are lost when the enumeration is left early.
    /// </param>
    /// <param name="parser">The parser; call <see cref="SseParser.Reset"/> before another connection.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The items in the order of the wire, each as soon as its bytes are there.</returns>
    public static IAsyncEnumerable<SseItem> ReadAllAsync(Stream stream, SseParser parser, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(parser);
        return ReadStreamAsync(stream, parser, cancellationToken);
    }

    /// <summary>Reads all items of a pipe.</summary>
    /// <param name="reader">The source; it is not completed here.</param>
    /// <param name="options">Bounds and what to report; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The items in the order of the wire, each as soon as its bytes are there.</returns>
    [OverloadResolutionPriority(1)] // a literal null means the default options
    public static IAsyncEnumerable<SseItem> ReadAllAsync(
        PipeReader reader, SseParserOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadAllAsync(reader, new SseParser(options), cancellationToken);

    /// <summary>
    /// Reads all items of a pipe with a parser of the caller's, who can then read its <see cref="SseParser.LastEventId"/>.
    /// </summary>
    /// <param name="reader">
    /// The source; it is not completed here. When the enumeration is left early it stands after the last item taken.
    /// </param>
    /// <param name="parser">The parser; call <see cref="SseParser.Reset"/> before another connection.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The items in the order of the wire, each as soon as its bytes are there.</returns>
    public static IAsyncEnumerable<SseItem> ReadAllAsync(PipeReader reader, SseParser parser, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(parser);
        return ReadPipeAsync(reader, parser, cancellationToken);
    }

    private static async IAsyncEnumerable<SseItem> ReadStreamAsync(
        Stream stream, SseParser parser, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            int count;
            while ((count = await stream.ReadAsync(bytes, cancellationToken).ConfigureAwait(false)) > 0)
            {
                var buffer = new ReadOnlySequence<byte>(bytes, 0, count);
                while (parser.TryRead(ref buffer, out var item))
                {
                    yield return item;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static async IAsyncEnumerable<SseItem> ReadPipeAsync(
        PipeReader reader, SseParser parser, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            try
            {
                while (parser.TryRead(ref buffer, out var item))
                {
                    yield return item;
                }
            }
            finally
            {
                reader.AdvanceTo(buffer.Start);
            }

            if (result.IsCanceled)
            {
                throw new OperationCanceledException("The pending read of the pipe was cancelled.");
            }

            if (result.IsCompleted)
            {
                yield break;
            }
        }
    }
}
