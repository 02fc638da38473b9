namespace AkkaSse.Server.Metrics;

/// <summary>
/// Names as Prometheus wants them: letters, digits and <c>_</c>, the base unit at the end, <c>_total</c> after a counter's.
/// </summary>
internal static class PrometheusName
{
    internal static string Of(string name, string? unit, MetricKind kind)
    {
        var text = Clean(name);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            "1" when kind is MetricKind.Last => "_ratio",
            _ => "",
        };
        if (suffix.Length > 0 && !text.Contains(suffix, StringComparison.Ordinal)) text += suffix;
        if (kind is MetricKind.Counter or MetricKind.LastCounter && !text.EndsWith("_total", StringComparison.Ordinal)) text += "_total";
        return text;
    }

    internal static string Label(string key) =>
        Clean(key.StartsWith("akkasse.", StringComparison.Ordinal) ? key["akkasse.".Length..] : key);

    private static string Clean(string name)
    {
        var text = string.Create(name.Length, name, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsAsciiLetterOrDigit(source[i]) ? char.ToLowerInvariant(source[i]) : '_';
        });
        return char.IsAsciiDigit(text[0]) ? "_" + text : text;
    }
}
