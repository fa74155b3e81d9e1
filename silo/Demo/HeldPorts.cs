using System.Net;
using System.Net.Sockets;

namespace OtelOrleans.Silo.Demo;

/// <summary>
/// Keeps loopback ports from being given to anybody while their owner is away for a moment. librdkafka ends the whole process when a mock broker that comes up
/// again finds its port taken, and a port that the system chose once is as likely as any other to be chosen for the next connection.
/// </summary>
internal sealed class HeldPorts : IDisposable
{
    private readonly Dictionary<int, Socket> _sockets = [];

    /// <summary>Takes a port, unless it is held already.</summary>
    /// <returns>False when somebody else has it.</returns>
    public bool TryHold(int port)
    {
        if (_sockets.ContainsKey(port))
        {
            return true;
        }

        // Bound and never listening: nobody is given this port, and the owner (who sets SO_REUSEADDR as .NET does) can still bind to it.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return false;
        }

        _sockets.Add(port, socket);
        return true;
    }

    /// <summary>Lets a port go.</summary>
    public void Release(int port)
    {
        if (_sockets.Remove(port, out var socket))
        {
            socket.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets.Values)
        {
            socket.Dispose();
        }

        _sockets.Clear();
    }
}
