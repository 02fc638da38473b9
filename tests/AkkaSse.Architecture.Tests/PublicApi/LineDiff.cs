namespace AkkaSse.Architecture.Tests.PublicApi;

/// <summary>What differs between two texts, line by line, with one unchanged line around it.</summary>
internal static class LineDiff
{
    internal static string Of(string before, string after)
    {
        var old = before.Split('\n');
        var now = after.Split('\n');
        // Longest common subsequence; a listing has some thousand lines, so the table has some million cells.
        var common = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var k = now.Length - 1; k >= 0; k--) common[i, k] = old[i] == now[k] ? common[i + 1, k + 1] + 1
                : Math.Max(common[i + 1, k], common[i, k + 1]);
        }
        var lines = new List<(char Sign, string Text)>();
        for (int i = 0, k = 0; i < old.Length || k < now.Length;)
        {
            if (i < old.Length && k < now.Length && old[i] == now[k])
            {
                lines.Add((' ', old[i++]));
                k++;
            }
            else if (i < old.Length && (k == now.Length || common[i + 1, k] >= common[i, k + 1]))
            {
                lines.Add(('-', old[i++]));
            }
            else
            {
                lines.Add(('+', now[k++]));
            }
        }
        return string.Join('\n', lines
            .Where((line, at) => line.Sign != ' ' || (at > 0 && lines[at - 1].Sign != ' ')
            || (at + 1 < lines.Count && lines[at + 1].Sign != ' '))
            .Select(static line => $"{line.Sign} {line.Text}"));
    }
}
