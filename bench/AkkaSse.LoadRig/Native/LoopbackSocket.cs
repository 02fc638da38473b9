using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace AkkaSse.LoadRig.Native;

/// <summary>Non-blocking TCP sockets to this machine and to no other.</summary>
internal static unsafe class LoopbackSocket
{
    // So many connections share one source address: one address has some 28 000 ephemeral ports to one destination.
    private const int PerSource = 20_000;

    // 127.1.x.y, with x from the process, so that two rigs at once do not share source ports.
    private static readonly uint SourceBase = 0x7F010000u | ((uint)(Environment.ProcessId % 250 + 1) << 8);

    /// <summary>Begins to connect. The result of it is seen by <see cref="ErrorOf"/> once the socket is writable.</summary>
    /// <param name="address">A loopback address.</param>
    /// <param name="port">The port.</param>
    /// <param name="number">Chooses the source address; negative leaves that to the kernel.</param>
    /// <param name="receiveBuffer">Bytes of the kernel's receive buffer; 0 leaves them to the kernel.</param>
    /// <returns>The descriptor, or -1 when it was refused at once.</returns>
    internal static int Open(IPAddress address, int port, int number, int receiveBuffer = 0)
    {
        if (!IPAddress.IsLoopback(address)) throw new InvalidOperationException("The rig connects to loopback addresses only.");
        var fd = LibC.Socket(LibC.Inet, LibC.StreamNonBlockingCloseOnExec, 0);
        if (fd < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        Set(fd, LibC.TcpLevel, LibC.TcpNoDelay, 1);
        if (receiveBuffer > 0) Set(fd, LibC.SocketLevel, LibC.ReceiveBuffer, receiveBuffer);
        var to = stackalloc byte[16];
        if (number >= 0)
        {
            Set(fd, LibC.IpLevel, LibC.BindAddressNoPort, 1);
            Write(to, SourceBase + 1 + (uint)(number / PerSource), 0);
            if (LibC.Bind(fd, to, 16) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        Write(to, (uint)IPAddress.NetworkToHostOrder(BitConverter.ToInt32(address.GetAddressBytes())), port);
        if (LibC.Connect(fd, to, 16) == 0 || Marshal.GetLastPInvokeError() == LibC.InProgress) return fd;
        LibC.Close(fd);
        return -1;
    }

    /// <summary>The pending error of a socket; 0 for none.</summary>
    internal static int ErrorOf(int fd)
    {
        int error = 0, length = sizeof(int);
        return LibC.GetOption(fd, LibC.SocketLevel, LibC.SocketError, &error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    private static void Set(int fd, int level, int name, int value)
    {
        if (LibC.SetOption(fd, level, name, &value, sizeof(int)) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    private static void Write(byte* to, uint address, int port)
    {
        new Span<byte>(to, 16).Clear();
        *(ushort*)to = LibC.Inet;
        to[2] = (byte)(port >> 8);
        to[3] = (byte)port;
        to[4] = (byte)(address >> 24);
        to[5] = (byte)(address >> 16);
        to[6] = (byte)(address >> 8);
        to[7] = (byte)address;
    }
}
