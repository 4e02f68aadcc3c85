//! The terminal: taken over, given back whatever happens, and listened to.

use crate::scene::Scene;
use crate::screens;
use crate::state::{Size, State};
use crate::update::Input;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Position, Rect};
use std::io::{self, BufWriter, Stdout, Write};
use std::ops::ControlFlow;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A frame of a wide terminal in one write.
const BUFFER_BYTES: usize = 32 * 1024;

static IS_TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal, ours until this value is dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over: no echo, a screen of its own, no cursor. A panic gives it back first.
    ///
    /// # Errors
    /// When there is no terminal or it does not answer.
    pub fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        take()?;
        let output = BufWriter::with_capacity(BUFFER_BYTES, io::stdout());
        let terminal = Terminal::new(CrosstermBackend::new(output)).inspect_err(|_| give_back())?;
        Ok(Self { terminal })
    }

    /// Draws what changed since the last frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, state: &State, scene: &Scene<'_>) -> io::Result<()> {
        self.terminal.draw(|frame| screens::draw(frame, state, scene)).map(|_| ())
    }

    /// Draws everything, whatever the terminal shows now.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn redraw(&mut self, state: &State, scene: &Scene<'_>) -> io::Result<()> {
        self.wipe()?;
        self.draw(state, scene)
    }

    /// Takes the terminal over again after [`give_back`].
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        take()?;
        self.wipe()
    }

    /// `Terminal::clear` asks where the cursor is, and the thread that reads the keys would take the answer.
    fn wipe(&mut self) -> io::Result<()> {
        let area = Rect::from((Position::ORIGIN, self.terminal.size()?));
        self.terminal.resize(area)
    }

    /// The size of the terminal.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn size(&self) -> io::Result<Size> {
        size().map(|(width, height)| Size { width, height })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, Hide).inspect_err(|_| give_back())
}

/// Gives the terminal back as it was. Does nothing when it is not ours, so it may be called from anywhere.
pub fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone cannot be given back, and nobody is left to tell.
    let mut output = io::stdout();
    let _ = queue!(output, LeaveAlternateScreen, Show).and_then(|()| output.flush());
    let _ = disable_raw_mode();
}

/// Passes on what is typed, from a thread of its own, until `pass_on` breaks or the terminal is gone.
///
/// # Errors
/// When no thread can be started.
pub fn listen(mut pass_on: impl FnMut(Input) -> ControlFlow<()> + Send + 'static) -> io::Result<()> {
    let read = move || {
        while let Ok(event) = event::read() {
            let input = match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => Input::Key(key),
                Event::Resize(width, height) => Input::Resized(Size { width, height }),
                Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => {
                    continue;
                }
            };
            if pass_on(input).is_break() {
                return;
            }
        }
        let _ = pass_on(Input::HungUp);
    };
    thread::Builder::new().name("keys".to_owned()).stack_size(128 * 1024).spawn(read).map(|_| ())
}
