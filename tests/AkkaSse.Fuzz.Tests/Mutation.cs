namespace AkkaSse.Fuzz.Tests;

/// <summary>Makes new inputs from those of a corpus: bytes changed, taken out, doubled, and put together from two.</summary>
internal static class Mutation
{
    private const int MaxBytes = 4 << 10;

    private static readonly byte[] Edges = [0, 1, 0x7F, 0x80, 0xFF, .. "\r\n:\"{}[]%+&=.-"u8];

    internal static byte[] Of(byte[][] corpus, Random random)
    {
        var bytes = new List<byte>(corpus[random.Next(corpus.Length)]);
        for (var i = 1 + random.Next(6); i > 0; i--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = Edges[random.Next(Edges.Length)];
                    break;
                case 2:
                    bytes.Insert(at, Edges[random.Next(Edges.Length)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, random.Next(Math.Min(16, bytes.Count - at) + 1));
                    break;
                case 4:
                    var count = random.Next(Math.Min(64, bytes.Count - at) + 1);
                    bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, count));
                    break;
                default:
                    var other = corpus[random.Next(corpus.Length)];
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.AddRange(other.AsSpan(random.Next(other.Length + 1)));
                    break;
            }
            if (bytes.Count > MaxBytes) bytes.RemoveRange(MaxBytes, bytes.Count - MaxBytes);
        }
        return [.. bytes];
    }
}
