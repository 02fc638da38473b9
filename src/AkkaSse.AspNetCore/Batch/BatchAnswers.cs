using System.Buffers;
using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>Writes <c>{"items":[…],"accepted":n,"rejected":m}</c> as the items are answered.</summary>
/// <remarks>
/// Nothing is flushed before the body has been read: a sender that writes its whole body before it reads would block on its own answer.
/// That bounds what is held to 10 000 answers of some hundred bytes.
/// </remarks>
internal sealed class BatchAnswers(IBufferWriter<byte> output) : IDisposable
{
    // Answers go into the response in pieces of this size: it takes a lock for each.
    private const int PieceBytes = 16 << 10;

    // The fixed parts of one answer and its numbers (20 digits each at most), rounded up.
    private const int FixedBytes = 256;

    private byte[] _piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
    private int _used;
    private int _accepted, _rejected;

    /// <summary>True when no item was answered so far.</summary>
    public bool IsEmpty => _accepted + _rejected == 0;

    public void Begin()
    {
        var json = Reserve(0);
        json.Raw("{\"items\":["u8);
        _used += json.Written.Length;
    }

    public void Write(in PublishResult result)
    {
        var json = Item(JsonText.MaxIdBytes(result) + JsonText.MaxBytes(result.Position.Epoch));
        json.Raw("{\"status\":202,\"id\":"u8);
        json.Id(result);
        json.Raw(",\"offset\":"u8);
        json.Number(result.Position.Offset);
        json.Raw(",\"epoch\":"u8);
        json.String(result.Position.Epoch);
        json.Raw(result.Duplicate ? ",\"duplicate\":true}"u8 : "}"u8);
        _used += json.Written.Length;
        _accepted++;
    }

    public void Write(in SendResult result)
    {
        var json = Item(JsonText.MaxBytes(result.Client) + JsonText.MaxBytes(result.Zone));
        json.Raw("{\"status\":202,\"client\":"u8);
        json.String(result.Client);
        json.Raw(",\"zone\":"u8);
        json.String(result.Zone);
        json.Raw("}"u8);
        _used += json.Written.Length;
        _accepted++;
    }

    public void Write(HubFault fault, BatchPosition? at = null)
    {
        var json = Item(JsonText.MaxBytes(fault.Code) + JsonText.MaxBytes(fault.Message));
        json.Raw("{\"status\":"u8);
        json.Number(fault.Status);
        json.Raw(",\"code\":"u8);
        json.String(fault.Code);
        json.Raw(",\"detail\":"u8);
        json.String(fault.Message);
        if (at is { } position)
        {
            json.Raw(",\"line\":"u8);
            json.Number(position.Line);
            json.Raw(",\"byte\":"u8);
            json.Number(position.Byte);
        }
        json.Raw("}"u8);
        _used += json.Written.Length;
        _rejected++;
    }

    public void End()
    {
        var json = Reserve(0);
        json.Raw("],\"accepted\":"u8);
        json.Number(_accepted);
        json.Raw(",\"rejected\":"u8);
        json.Number(_rejected);
        json.Raw("}"u8);
        _used += json.Written.Length;
        Pass();
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_piece);
        _piece = [];
    }

    private JsonText Item(int size)
    {
        var json = Reserve(size);
        if (_accepted + _rejected > 0) json.Raw(","u8);
        return json;
    }

    private JsonText Reserve(int size)
    {
        if (_piece.Length - _used < FixedBytes + size)
        {
            Pass();
            if (_piece.Length < FixedBytes + size)
            {
                ArrayPool<byte>.Shared.Return(_piece);
                _piece = ArrayPool<byte>.Shared.Rent(FixedBytes + size);
            }
        }
        return new JsonText(_piece.AsSpan(_used));
    }

    private void Pass()
    {
        output.Write(_piece.AsSpan(0, _used));
        _used = 0;
    }
}
