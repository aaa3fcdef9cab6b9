//! Memory that is only ever handed out: an instance answers one question and is dropped with all it took.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::sync::atomic::{AtomicUsize, Ordering};

const PAGE_BYTES: usize = 65536;

/// The first free address; 0 before the first allocation.
static NEXT: AtomicUsize = AtomicUsize::new(0);

pub struct HandOut;

unsafe impl GlobalAlloc for HandOut {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let first_free = match NEXT.load(Ordering::Relaxed) {
            0 => memory_size(0) * PAGE_BYTES,
            next => next,
        };
        let start = (first_free + layout.align() - 1) & !(layout.align() - 1);
        let Some(end) = start.checked_add(layout.size()) else {
            return core::ptr::null_mut();
        };
        let missing = end.saturating_sub(memory_size(0) * PAGE_BYTES);
        // The module declares a maximum, so this fails for good at some point.
        if missing > 0 && memory_grow(0, missing.div_ceil(PAGE_BYTES)) == usize::MAX {
            return core::ptr::null_mut();
        }
        NEXT.store(end, Ordering::Relaxed);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
