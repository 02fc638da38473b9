namespace AkkaSse.Protocol;

/// <summary>The bounds of an <see cref="SseParser"/> and what it reports. Checked when the parser is made.</summary>
public sealed record SseParserOptions
{
    /// <summary>The largest bound that can be set, in bytes: 512 MiB, so that a line and an event together fit one array.</summary>
    public const int LargestBound = 512 * 1024 * 1024;

    /// <summary>The longest line, in bytes without its end. Default 1 MiB; 1 to <see cref="LargestBound"/>.</summary>
    public int MaxLineBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// The largest event, in bytes: its data with the LF between lines, type, id, and custom fields with 64 bytes added for each.
    /// Default 1 MiB; 1 to <see cref="LargestBound"/>.
    /// </summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    /// <summary>A longer <c>retry</c> is taken as this much. Default 1 hour; 0 to <see cref="int.MaxValue"/> ms.</summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether comments are reported as items. Default true.</summary>
    public bool ReportComments { get; init; } = true;

    /// <summary>Whether fields outside the specification are collected in <see cref="SseEvent.Fields"/>. Default true.</summary>
    public bool ReportFields { get; init; } = true;

    internal void Validate()
    {
        Check(MaxLineBytes, nameof(MaxLineBytes));
        Check(MaxEventBytes, nameof(MaxEventBytes));
        if (MaxRetry < TimeSpan.Zero || MaxRetry.TotalMilliseconds > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxRetry), MaxRetry, "0 to 2147483647 ms is allowed.");
        }
    }

    private static void Check(int value, string name)
    {
        if (value is < 1 or > LargestBound)
        {
            throw new ArgumentOutOfRangeException(name, value, $"1 to {LargestBound} bytes is allowed.");
        }
    }
}
