using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AkkaSse.LoadRig.Native;

/// <summary>Something with a descriptor that wants to know when it is ready.</summary>
internal interface IPolled
{
    /// <summary>The descriptor is ready.</summary>
    /// <param name="events">The <c>EPOLL*</c> bits.</param>
    void OnReady(uint events);
}

/// <summary>An edge-triggered epoll set. One thread.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int Batch = 1024;

    // The kernel's struct is packed on x64 (12 bytes) and aligned elsewhere (16).
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataAt = Stride - 8;

    private readonly int _fd;
    private readonly byte[] _events = GC.AllocateArray<byte>(Batch * 16, pinned: true);
    private readonly List<IPolled?> _targets = [];
    private readonly Stack<int> _free = new();

    internal Epoll()
    {
        _fd = LibC.EpollCreate(LibC.EpollCloseOnExec);
        if (_fd < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Adds a descriptor; the answer is what the other calls name it by.</summary>
    internal int Add(int fd, uint events, IPolled target)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _targets.Count;
            _targets.Add(null);
        }
        _targets[slot] = target;
        Control(LibC.EpollAdd, fd, events, slot);
        return slot;
    }

    internal void Modify(int fd, uint events, int slot) => Control(LibC.EpollModify, fd, events, slot);

    /// <summary>Takes a descriptor out; call it before closing the descriptor.</summary>
    internal void Remove(int fd, int slot)
    {
        Control(LibC.EpollDelete, fd, 0, slot);
        _targets[slot] = null;
        _free.Push(slot);
    }

    /// <summary>Waits for ready descriptors and tells their targets; after each one <paramref name="between"/> is called.</summary>
    internal void Wait(int milliseconds, Action? between = null)
    {
        fixed (byte* events = _events)
        {
            var count = LibC.EpollWait(_fd, events, Batch, milliseconds);
            if (count < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == LibC.Interrupted) return;
                throw new Win32Exception(error);
            }
            for (var i = 0; i < count; i++)
            {
                var e = events + (i * Stride);
                // Null: an earlier one of this batch closed it.
                if (_targets[(int)*(ulong*)(e + DataAt)] is not { } target) continue;
                target.OnReady(*(uint*)e);
                between?.Invoke();
            }
        }
    }

    public void Dispose() => LibC.Close(_fd);

    private void Control(int operation, int fd, uint events, int slot)
    {
        var e = stackalloc byte[16];
        *(uint*)e = events;
        *(ulong*)(e + DataAt) = (ulong)slot;
        if (LibC.EpollControl(_fd, operation, fd, e) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}
