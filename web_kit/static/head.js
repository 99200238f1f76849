(function(){try{var t=localStorage.getItem("tillway-theme");if(t==="dark"||t==="light")document.documentElement.dataset.theme=t}catch(e){}})();
