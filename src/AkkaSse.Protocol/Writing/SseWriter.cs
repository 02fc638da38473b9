namespace AkkaSse.Protocol;

/// <summary>Writes events to any stream, without HTTP. Calls on one stream must not overlap; otherwise thread-safe.</summary>
public static class SseWriter
{
    /// <summary>Checks an event, writes it in <see cref="SseFieldOrder.Native"/> order and flushes.</summary>
    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="e">The event.</param>
    /// <param name="cancellationToken">Cancels the write; part of the event may then have been written.</param>
    /// <returns>A task that ends when the event is flushed.</returns>
    /// <exception cref="SseFormatException">The event is at fault; nothing has been written.</exception>
    public static ValueTask WriteAsync(Stream stream, SseEvent e, CancellationToken cancellationToken = default) =>
        WriteAsync(stream, e, SseFieldOrder.Native, cancellationToken);

    /// <summary>Checks an event, writes it in the order given and flushes.</summary>
    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="e">The event.</param>
    /// <param name="order">The order of the fields.</param>
    /// <param name="cancellationToken">Cancels the write; part of the event may then have been written.</param>
    /// <returns>A task that ends when the event is flushed.</returns>
    /// <exception cref="SseFormatException">The event is at fault; nothing has been written.</exception>
    public static async ValueTask WriteAsync(Stream stream, SseEvent e, SseFieldOrder order, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        SseFieldRules.Validate(e);
        var buffer = new ByteBuffer();
        try
        {
            SseEncoder.Write(buffer, e, order);
            await stream.WriteAsync(buffer.Memory, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            buffer.Release();
        }
    }
}
