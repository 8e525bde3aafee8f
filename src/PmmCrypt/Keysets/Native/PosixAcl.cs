using System.Buffers.Binary;

namespace PmmCrypt.Keysets.Native;

/// <summary>
/// A POSIX access control list as the kernel hands it out: version (4) ‖ entries of tag (2) ‖ permissions (2) ‖ id (4), little endian.
/// </summary>
internal static class PosixAcl
{
    public const string Attribute = "system.posix_acl_access";

    private const int HeaderSize = 4;
    private const int EntrySize = 8;
    private const int PermissionsOffset = 2;

    private const ushort Owner = 0x01;
    private const ushort Others = 0x20;

    private const ushort Read = 4;
    private const ushort ReadWrite = 6;

    /// <summary>
    /// Narrows a list as the mode is narrowed: the owner reads and writes, whoever else is named keeps at most the right to read, and the
    /// world has none. The mode says the same, since its group bits are the list's mask.
    /// </summary>
    public static void Narrow(Span<byte> acl)
    {
        for (var at = HeaderSize; at + EntrySize <= acl.Length; at += EntrySize)
        {
            var permissions = acl.Slice(at + PermissionsOffset, sizeof(ushort));
            var granted = BinaryPrimitives.ReadUInt16LittleEndian(permissions);
            BinaryPrimitives.WriteUInt16LittleEndian(permissions, BinaryPrimitives.ReadUInt16LittleEndian(acl[at..]) switch
            {
                Owner => ReadWrite,
                Others => 0,
                _ => (ushort)(granted & Read),
            });
        }
    }
}
