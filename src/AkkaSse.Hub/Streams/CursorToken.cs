using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// The position of a connection in all its streams, as one <c>id:</c> that every event carries: so a plain EventSource resumes each stream
/// exactly, on any node.
/// </summary>
/// <remarks>
/// Text: version <c>1</c>, 6 characters of checksum, then per stream in ascending order of its hash 16 characters (8 bytes of the name's
/// SHA-256, 4 bytes of epoch tag, base64url), the offset in base-64 digits, and a full stop. 40 streams stay below 1 KB. It is not signed:
/// it grants nothing, every stream is authorised on each connect. The checksum is the exclusive-or of one word per stream, so a new offset
/// patches the digits and six characters and nothing else.
/// </remarks>
internal sealed class CursorToken
{
    /// <summary>Longest token that is looked at.</summary>
    internal const int MaxLength = 4096;

    private const int HeadLength = 7;
    private const int NameLength = 16;

    // A checksum over no streams that is not zero, so that an empty token differs from a broken one.
    private const ulong Seed = 0x5EED_0F_57_4EA5;

    private readonly Slot[] _slots;
    private byte[] _text;
    private int _length;
    private ulong _sum = Seed;

    internal CursorToken(ReadOnlySpan<string> streams)
        : this([.. streams.ToArray().Select(static s => (s, HashOf(s)))])
    {
    }

    internal CursorToken((string Name, ulong Hash)[] streams)
    {
        _slots = new Slot[streams.Length];
        for (var i = 0; i < streams.Length; i++) _slots[i] = new Slot { Hash = streams[i].Hash, Name = streams[i].Name };
        Array.Sort(_slots, static (a, b) => a.Hash.CompareTo(b.Hash));
        for (var i = 0; i < _slots.Length; i++) _sum ^= Mix(_slots[i]);
        _text = new byte[HeadLength + (streams.Length * (NameLength + 4))];
        Render();
    }

    /// <summary>The token as it is now; valid until the next <see cref="Set"/>.</summary>
    internal ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    /// <summary>Where a stream stands; -1 when it is not here.</summary>
    internal int SlotOf(string stream)
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].Name == stream) return i;
        }
        return -1;
    }

    /// <summary>A stream has moved.</summary>
    internal void Set(int slot, uint epochTag, long offset)
    {
        ref var s = ref _slots[slot];
        if (s.Offset == offset && s.Tag == epochTag) return;
        _sum ^= Mix(s);
        var sameShape = s.Tag == epochTag && Digits(s.Offset) == Digits(offset);
        s.Tag = epochTag;
        s.Offset = offset;
        _sum ^= Mix(s);
        if (!sameShape)
        {
            Render();
            return;
        }
        WriteDigits(_text.AsSpan(s.OffsetAt, Digits(offset)), offset);
        WriteSum();
    }

    /// <summary>Reads a token: positions by the hash of the stream's name.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out Dictionary<ulong, TokenPosition>? positions)
    {
        positions = null;
        if (text.Length is < HeadLength or > MaxLength || text[0] != '1') return false;
        if (!TryDigits(text.AsSpan(1, 6), out var sum)) return false;
        var found = new Dictionary<ulong, TokenPosition>();
        var expected = Seed;
        Span<byte> name = stackalloc byte[12];
        for (var at = HeadLength; at < text.Length;)
        {
            if (text.Length - at < NameLength + 2) return false;
            // TryDecodeFromChars throws on a foreign character; this form answers.
            if (System.Buffers.Text.Base64Url.DecodeFromChars(
                text.AsSpan(at, NameLength), name, out _, out var bytes) != System.Buffers.OperationStatus.Done || bytes != 12)
                return false;
            at += NameLength;
            var dot = text.AsSpan(at).IndexOf('.');
            if (dot is < 1 or > 11 || !TryDigits(text.AsSpan(at, dot), out var offset)) return false;
            var slot = new Slot
            {
                Hash = BinaryPrimitives.ReadUInt64BigEndian(name),
                Tag = BinaryPrimitives.ReadUInt32BigEndian(name[8..]),
                Offset = offset,
            };
            if (!found.TryAdd(slot.Hash, new TokenPosition(slot.Tag, offset))) return false;
            expected ^= Mix(slot);
            at += dot + 1;
        }
        if ((long)(expected & 0xF_FFFF_FFFF) != sum) return false;
        positions = found;
        return true;
    }

    /// <summary>The name's place in a token: the first 8 bytes of its SHA-256.</summary>
    internal static ulong HashOf(string stream)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(stream), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>An epoch as 32 bits; 0 is the stream that does not exist yet.</summary>
    internal static uint TagOf(string epoch)
    {
        if (epoch == StreamPosition.NoEpoch) return 0;
        var hash = 2166136261u;
        foreach (var c in epoch) hash = (hash ^ c) * 16777619u;
        return hash == 0 ? 1 : hash;
    }

    private void Render()
    {
        var at = HeadLength;
        Span<byte> name = stackalloc byte[12];
        var need = HeadLength + (_slots.Length * (NameLength + 12));
        if (_text.Length < need && NeedsMore()) _text = new byte[need];
        _text[0] = (byte)'1';
        for (var i = 0; i < _slots.Length; i++)
        {
            ref var s = ref _slots[i];
            BinaryPrimitives.WriteUInt64BigEndian(name, s.Hash);
            BinaryPrimitives.WriteUInt32BigEndian(name[8..], s.Tag);
            System.Buffers.Text.Base64Url.EncodeToUtf8(name, _text.AsSpan(at), out _, out _);
            at += NameLength;
            s.OffsetAt = at;
            var digits = Digits(s.Offset);
            WriteDigits(_text.AsSpan(at, digits), s.Offset);
            at += digits;
            _text[at++] = (byte)'.';
        }
        _length = at;
        WriteSum();
    }

    private bool NeedsMore()
    {
        var total = HeadLength;
        foreach (var s in _slots) total += NameLength + Digits(s.Offset) + 1;
        return total > _text.Length;
    }

    private void WriteSum()
    {
        var sum = _sum;
        for (var i = 6; i >= 1; i--)
        {
            _text[i] = Alphabet[(int)(sum & 63)];
            sum >>= 6;
        }
    }

    private static ReadOnlySpan<byte> Alphabet => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    private static int Digits(long offset) =>
        offset == 0 ? 1 : ((63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)offset)) / 6) + 1;

    private static void WriteDigits(Span<byte> to, long offset)
    {
        for (var i = to.Length - 1; i >= 0; i--)
        {
            to[i] = Alphabet[(int)(offset & 63)];
            offset >>= 6;
        }
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        foreach (var c in text)
        {
            var digit = c switch
            {
                >= 'A' and <= 'Z' => c - 'A',
                >= 'a' and <= 'z' => c - 'a' + 26,
                >= '0' and <= '9' => c - '0' + 52,
                '-' => 62,
                '_' => 63,
                _ => -1,
            };
            if (digit < 0 || number > long.MaxValue >> 6) return false;
            number = (number << 6) | (long)digit;
        }
        return true;
    }

    private static ulong Mix(in Slot s)
    {
        var x = s.Hash ^ ((ulong)s.Tag << 32 | s.Tag) * 0x9E3779B97F4A7C15UL ^ (ulong)s.Offset * 0xC2B2AE3D27D4EB4FUL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    private struct Slot
    {
        internal ulong Hash;
        internal string? Name;
        internal uint Tag;
        internal long Offset;
        internal int OffsetAt;
    }
}
