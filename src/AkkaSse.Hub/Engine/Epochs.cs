using System.Security.Cryptography;

namespace AkkaSse.Hub.Engine;

/// <summary>Epochs of streams, alike in all engines. Thread-safe.</summary>
public static class Epochs
{
    private const int Digits = 8;

    /// <summary>
    /// How long an engine keeps the epoch and the head of a stream that was removed, so that its re-creation continues them: 24 h.
    /// </summary>
    public static readonly TimeSpan KeptAfterRemoval = TimeSpan.FromHours(24);

    /// <summary>
    /// A name for an epoch, 9 characters of <c>[0-9a-z]</c>, of which 41 bits are random: two epochs of one stream have the same name once
    /// in two trillion.
    /// </summary>
    /// <param name="engine">The first character, one of <c>[a-z]</c>: it tells the engine.</param>
    public static string New(char engine) => string.Create(1 + Digits, engine, static (text, first) =>
    {
        var number = ((long)RandomNumberGenerator.GetInt32(1 << 10) << 31) + RandomNumberGenerator.GetInt32(int.MaxValue);
        text[0] = first;
        for (var i = Digits; i > 0; i--)
        {
            text[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(number % 36)];
            number /= 36;
        }
    });
}
