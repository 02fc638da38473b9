using System.Runtime.InteropServices;

namespace AkkaSse.LoadRig.Native;

/// <summary>The few calls of Linux that the rig makes itself: one thread with epoll serves ten thousand connections, which the framework's
/// sockets do with more.</summary>
internal static unsafe partial class LibC
{
    internal const int Interrupted = 4;
    internal const int WouldBlock = 11;
    internal const int NotConnected = 107;
    internal const int InProgress = 115;

    internal const int Inet = 2;
    internal const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
    internal const int SocketLevel = 1;
    internal const int SocketError = 4;
    internal const int ReceiveBuffer = 8;
    internal const int IpLevel = 0;
    internal const int BindAddressNoPort = 24;
    internal const int TcpLevel = 6;
    internal const int TcpNoDelay = 1;
    internal const int NoSignal = 0x4000;

    internal const int EpollCloseOnExec = 0x80000;
    internal const int EpollAdd = 1;
    internal const int EpollDelete = 2;
    internal const int EpollModify = 3;
    internal const uint EpollIn = 1;
    internal const uint EpollOut = 4;
    internal const uint EpollError = 8;
    internal const uint EpollHangUp = 0x10;
    internal const uint EpollPeerClosed = 0x2000;
    internal const uint EpollEdge = 1u << 31;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int fd, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int fd, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetOption(int fd, int level, int name, int* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetOption(int fd, int level, int name, int* value, int* length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int epoll, int operation, int fd, byte* e);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EpollWait(int epoll, byte* events, int max, int milliseconds);
}
